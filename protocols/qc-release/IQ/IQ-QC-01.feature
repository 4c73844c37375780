# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:79b970ded885eb886eefec1401fda26096a1f66359dc271e9144fdcf744bde66
# csvgen: body sha256:4f77d16759ba4274e22d73574855f0b96b5ebe2a81be338f541e31e0dcffcf96
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
        | TC-IQ-0001 | Audit trail           | audit     | sha256:587134d074722c6b82564de2739bf6d36c796837d767443d51bdd99608e92699 |
        | TC-IQ-0002 | Keys and certificates | crypto    | sha256:a25ed24fbeac29c82be4d5f65f55b3ad170b715a55ecf38969fd9d1b916b4474 |
        | TC-IQ-0003 | Accounts and sessions | identity  | sha256:96440951c8073b4baaf65d84b251077a24f2ce6200949208ea8f253bfd978126 |
        | TC-IQ-0004 | Release pipeline      | pipeline  | sha256:0c7dfb964d47940a1f19ba1667b120b1b71b46288793262228e4af437aece2f7 |
        | TC-IQ-0005 | Electronic signature  | signature | sha256:038734e40f785b89392a01ff6adaf77543d116e66f52ada00972c3dfca78cdec |
        | TC-IQ-0006 | Records store         | store     | sha256:7eb033e715e5e56ee020fac03f1c63adbce1e3e29ab02b54a2e39b19c326f53e |

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
