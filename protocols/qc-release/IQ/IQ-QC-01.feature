# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:bb0d83b04c373f3b4199d5e22d09727b3ca5a6920ce2a81325c3f322a4229884
# csvgen: body sha256:994ae493a4616f190b744fd29f0cf9ba0bab8636dcadd4d5b94b1a5bac179ad4
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
        | tc         | item                  | subject   | expected                                                                |
        | TC-IQ-0001 | Audit trail           | audit     | sha256:1576bd40cb236e8bcad16c3b60e13a8cfa38b8fec0780261cf9aa997cc457bba |
        | TC-IQ-0002 | Keys and certificates | crypto    | sha256:9d54d3f24d07d3fcb1c5b414395f09248b243fa19a2208141648c713ee799e03 |
        | TC-IQ-0003 | Accounts and sessions | identity  | sha256:8ef4eacbb9121ed529668175141ae3f645430c878c2dfd6f2ae97bfef6b587ad |
        | TC-IQ-0004 | Release pipeline      | pipeline  | sha256:81505d7b3918276617eeb348959b0675e4ae8d313c8fef656f4f4cc31ea3eab1 |
        | TC-IQ-0005 | Electronic signature  | signature | sha256:c92aad589c7b2ac2bc9bede6f9e09f5d1e4abcf3f54ca3fce5cf039898ae3ae5 |
        | TC-IQ-0006 | Records store         | store     | sha256:324088e5687655e4dc3416ba58171820cfa309553823124acbdee10b19f75e76 |

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
