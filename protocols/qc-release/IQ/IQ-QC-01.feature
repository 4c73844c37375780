# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:86551d31e72f035edd4214b13dcb963b049e953e3ca0561753e3e8f5c74c2224
# csvgen: body sha256:18e9887ad676f56880b04a71af7499f5b277451f906e19de25d9b58986486120
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
        | TC-IQ-0001 | Audit trail           | audit     | sha256:b61bb487b2094e84467f1f6b6fdf769e44964e733a988d00c190ffff06a7f4e2 |
        | TC-IQ-0002 | Keys and certificates | crypto    | sha256:52ddb705c3736e2704562331667c37af440bc9715978d1edce894fb2edb48b81 |
        | TC-IQ-0003 | Accounts and sessions | identity  | sha256:b78903e0773fa647e7b20fd1a859c8b100c6f371db7548e0fc578e8ca58ac7d4 |
        | TC-IQ-0004 | Release pipeline      | pipeline  | sha256:3b1f1dc92d0421c15f7cff898c4f6c93f64be55343f53b96d9b0464adc19c274 |
        | TC-IQ-0005 | Electronic signature  | signature | sha256:038734e40f785b89392a01ff6adaf77543d116e66f52ada00972c3dfca78cdec |
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
