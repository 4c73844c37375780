# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:094263883b2368adaeb8468834fde508f44e3eae6d2c75175222be184e65fff8
# csvgen: body sha256:55c040d7fdf875e1ddb6cf6021c5960f87002d852b7ad6bb7af515c2e5e6d498
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
        | TC-IQ-0001 | Audit trail                               | audit     | sha256:47f7d7b294fa63dd5f2965320c6294956e1b0589e885f61eef440d9f090b3381 |
        | TC-IQ-0002 | Keys and certificates                     | crypto    | sha256:699832e446fa4601fe4961e8486d12e94f1c7aa144c5f3bf1a4f22cefe58e26e |
        | TC-IQ-0003 | Accounts and sessions                     | identity  | sha256:d08c01e64effac64361ac2c92f8e0dd5b2fd5036ed2d6ee40003937eca409872 |
        | TC-IQ-0004 | Release pipeline                          | pipeline  | sha256:1653a0fbad487cc47afdbfb675b9cfb5026b4d2090252c017c1421885846f22a |
        | TC-IQ-0005 | Electronic signature                      | signature | sha256:22f1ed779cd060ad180730385462475ee00314ad353daec250d78e179de4a2ad |
        | TC-IQ-0006 | Records store                             | store     | sha256:917429b6cd064ebc1c853b9392e9a4571687ee0ae437697fd08d2de251a5f92b |
        | TC-IQ-0031 | Ground the parts stand on, and the server | ground    | sha256:1d2074e051f6cbcfb8605ec99cb375078fdb4a0b89fe76d66a06e1881683190c |

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
