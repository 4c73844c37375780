"""QC release: a small, real pipeline from instrument file to released lot. The first system csvgen validates.

It stands on the same components csvgen uses for its own records (audit, identity, signature, crypto, store), as an
instance of its own: own database, keys, clock and process. Pure core: `calibration`, `statistics`, `potency`, `impurity`,
`rounding`, `life`, `instruments`. The application: `release.QcRelease`.
"""
