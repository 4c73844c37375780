# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:b910dad4a9d2ba6dc33e8e7bd6b1c21ad676442375e5252bcf2a91c60a5dc24f
# csvgen: body sha256:fefc0dde5e7da85b3bad747b4930bfd5d56455bb2bdc95aff1c8c3f0978b0b91
@PQ @URS-QC-008 @URS-QC-012 @RA-QC-007 @RA-QC-008 @risk-high @evidence-every-step
Feature: PQ-QC-03 A lot without instrument metadata goes on only after quality has decided
  Business process: An export without instrument identification opens a deviation; the quality unit disposes of
  > it; the lot goes on. Expected values: ORA-PLATE-1 and ORA-PEAKS-1.
  End users: QC analyst, QC reviewer, Quality unit
  Environment: The validation instance: the release and configuration qualified in the IQ, with a plate-reader
  > export that others published (data/PROVENANCE.md), constructed peaks, and accounts of the roles that do this
  > work. Like production but for the values that the configuration baseline marks as values of the validation
  > instance.

  Rule: PQ-QC-03 as the business does it

    @scenario
    Scenario Outline: <tc> A lot without instrument metadata goes on only after quality has decided
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL1" as lot "LOT-C" without instrument
      And the "analyst" ingests the file "peaks-lot-a.csv" sample "S1" as lot "LOT-C" with instrument "HP-001"
      And the "analyst" processes lot "LOT-C"
      And the "analyst" lists the reported values of lot "LOT-C" with their limits
      Then lot "LOT-C" has 1 deviation in the state "open"
      And the test "potency" of lot "LOT-C" reports "100.5" %
      And the test "impurity Imp-A" of lot "LOT-C" reports "0.20" %
      And the verdict of lot "LOT-C" is "in specification"
      When the "reviewer" signs lot "LOT-C" as "reviewed" because "data reviewed"
      Then the system refuses it with the words "open deviation"
      When the "quality" disposes of the deviation of lot "LOT-C" as "accept" because "reader PR-001 established from the logbook of that day"
      Then the deviation of lot "LOT-C" is decided as "accept", signed by the "quality" as "disposed"
      When the "reviewer" signs lot "LOT-C" as "reviewed" because "data and disposition reviewed"
      Then lot "LOT-C" is in the state "reviewed"
      When the "quality" signs lot "LOT-C" as "released" because "deviation closed, meets its specification"
      Then lot "LOT-C" is in the state "released"
      And the test "potency" of lot "LOT-C" reports "100.5" %
      And the verdict of lot "LOT-C" is "in specification"
      And the signature of the "reviewer" on lot "LOT-C" is valid
      And the signature of the "quality" on lot "LOT-C" is valid
      And the audit trail of lot "LOT-C" tells that the "quality" did "sign"

      Examples: scenario (RA-QC-007, RA-QC-008; high priority): end to end, by QC analyst, QC reviewer, Quality unit
        | tc         |
        | TC-PQ-0003 |
