# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:8ea0ef0612f588ee00ff6481dd44b6820285cb9749b932317a49740dcbc97b9b
# csvgen: body sha256:6fc37309c9b8c966754391eb644c252c1016568c69e0ef0bd7d7af84733bc6d3
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
        | TC-IQ-0001 | Audit trail                               | audit     | sha256:dc7ca47753d9a65236fa073316ae209a9b3ea09b2cabe9f6ac0eff7c6075619d |
        | TC-IQ-0002 | Keys and certificates                     | crypto    | sha256:82f0c9118b7900efeb5fe365261ba9ffa1ce92dc84db027cf8d8b0747502d5e8 |
        | TC-IQ-0003 | Accounts and sessions                     | identity  | sha256:d08c01e64effac64361ac2c92f8e0dd5b2fd5036ed2d6ee40003937eca409872 |
        | TC-IQ-0004 | Release pipeline                          | pipeline  | sha256:1653a0fbad487cc47afdbfb675b9cfb5026b4d2090252c017c1421885846f22a |
        | TC-IQ-0005 | Electronic signature                      | signature | sha256:b6bcee966d84710333a54a1da4acb66c9d7694216d8e21bf4bf8f1dfa0ce4333 |
        | TC-IQ-0006 | Records store                             | store     | sha256:bd90837edb5900f9b60c73a5fd67734433af9795c491a1257f67a25fea1287a8 |
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
