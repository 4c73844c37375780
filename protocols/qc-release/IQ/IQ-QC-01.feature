# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:1bffab6371948e87403b349c10b58f0b21f20dddedf5c1ff310ea0d683447375
# csvgen: body sha256:17c8e289c441014c60d281ca7d657beab41ace803595815cb894bad53708f9cb
@IQ @URS-QC-033 @RA-QC-022 @risk-high
Feature: IQ-QC-01 Components and packages of the release
  Requirement: URS-QC-033 The installation shall consist of the components and packages of the release,
  > unchanged.
  Risk: RA-QC-022 Other software or configuration than the one tested (class 1, priority high)
  Release: qc-release 1.0.0

  @needs-Installation
  Rule: IQ-QC-01 Installed component
    Shown by: pattern installed-component@1: The component named is the released one, by the digest of its code.

    @positive
    Scenario Outline: <tc> <item> is as released
      When the installation is read
      Then the component "<subject>" is installed with the digest "<expected>"

      Examples: positive: the digest named by the release
        | tc         | item                                      | subject   | expected                                                                |
        | TC-IQ-0001 | Audit trail                               | audit     | sha256:dc4ed4971adf1d98797c714f46c45e4cc2b18e03b776c719469cbc8e94f7a4fb |
        | TC-IQ-0002 | Keys and certificates                     | crypto    | sha256:82dcbe314fd7dea7ed181abedf6d249569aff12b934d3fd22b32b116c27f2dda |
        | TC-IQ-0003 | Accounts and sessions                     | identity  | sha256:ed501c3098d690a9de3b561accbca2ef08be5c2ab457c3d676a047ff5191fa7b |
        | TC-IQ-0004 | Release pipeline                          | pipeline  | sha256:ee01319658d39371c54fb093c545e78efc9a6d44e7a8c3ee791f2195885a6237 |
        | TC-IQ-0005 | Electronic signature                      | signature | sha256:14db8b46cac6ae0a6f90ee61e193b0bd62451498b845b002704de74d7e8a3eeb |
        | TC-IQ-0006 | Records store                             | store     | sha256:eedc3f51c0d48c121af8cdc36100aeff8ec1668debc4d611b379476e85b0eb52 |
        | TC-IQ-0031 | Ground the parts stand on, and the server | ground    | sha256:fd59f5b1b62913efd31e2020a6f668f3bbd40ce82ad282adf12110a7681399b1 |

  @needs-Installation
  Rule: IQ-QC-01 Installed package
    Shown by: pattern installed-package@1: A package the system stands on has the version of the release.

    @positive
    Scenario Outline: <tc> <item> is as released
      When the installation is read
      Then the package "<subject>" is installed in version "<expected>"

      Examples: positive: the version named by the release
        | tc         | item                 | subject      | expected |
        | TC-IQ-0007 | Package allotropy    | allotropy    | 0.1.150  |
        | TC-IQ-0008 | Package alembic      | alembic      | 1.20.1   |
        | TC-IQ-0009 | Package argon2-cffi  | argon2-cffi  | 25.1.0   |
        | TC-IQ-0010 | Package asn1crypto   | asn1crypto   | 1.5.1    |
        | TC-IQ-0011 | Package cryptography | cryptography | 50.0.2   |
        | TC-IQ-0012 | Package numpy        | numpy        | 2.4.6    |
        | TC-IQ-0013 | Package pandas       | pandas       | 2.3.3    |
        | TC-IQ-0014 | Package pyHanko      | pyHanko      | 0.38.0   |
        | TC-IQ-0015 | Package pydantic     | pydantic     | 2.14.3   |
        | TC-IQ-0016 | Package PyYAML       | PyYAML       | 6.0.3    |
        | TC-IQ-0017 | Package SQLAlchemy   | SQLAlchemy   | 2.1.9    |
