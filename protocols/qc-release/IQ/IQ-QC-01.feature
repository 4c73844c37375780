# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:b5712a3a01b95b843c4f2a295e83daf19ac10f267d609d1b606ce1939252f589
# csvgen: body sha256:110013cf51504ae224581c536688833e25845686382a7cc320a71e6c34e2b049
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
        | TC-IQ-0001 | Audit trail                               | audit     | sha256:d0e876fa0569465c2a8b0bdc8a3ffe3baa6cb23187f063208d982b63b94078dc |
        | TC-IQ-0002 | Keys and certificates                     | crypto    | sha256:17557a908cee02318f506fad35e99e823d59ba062fa9571748a6dfa5b62240c1 |
        | TC-IQ-0003 | Accounts and sessions                     | identity  | sha256:460c8d5cce9f301a18552fada193a835c0ccce6b004bbff5ee435670d692f7b1 |
        | TC-IQ-0004 | Release pipeline                          | pipeline  | sha256:1653a0fbad487cc47afdbfb675b9cfb5026b4d2090252c017c1421885846f22a |
        | TC-IQ-0005 | Electronic signature                      | signature | sha256:5a9e9940181c68774d889a2987c51ba34d84ccff8e44efc4193b387a1979b844 |
        | TC-IQ-0006 | Records store                             | store     | sha256:81760959351f109040de75d33f95864479ba84c51aec7c66284b438eaa6b89e0 |
        | TC-IQ-0031 | Ground the parts stand on, and the server | ground    | sha256:35d44f0909ecc78996370f03c95d9558d2414e5e0730b3bd637d0728e1d9980d |

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
