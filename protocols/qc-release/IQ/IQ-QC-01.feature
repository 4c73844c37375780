# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:a08650f3ec4f1abbff187f84097b06bc221e4d53b5c1240542fe8f1847b4d397
# csvgen: body sha256:3d8465c449908298fd872a8390e78fc617949f63fd012e55358f34e003a91ecb
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
        | TC-IQ-0001 | Audit trail                               | audit     | sha256:eedd0957ed8d47178e743b3b052a288dcf43ef4cae5cea627d6f0bed8716a79a |
        | TC-IQ-0002 | Keys and certificates                     | crypto    | sha256:82f0c9118b7900efeb5fe365261ba9ffa1ce92dc84db027cf8d8b0747502d5e8 |
        | TC-IQ-0003 | Accounts and sessions                     | identity  | sha256:507d706bd0c10eab4681a9143274f497210c2170903028969768dae48234c768 |
        | TC-IQ-0004 | Release pipeline                          | pipeline  | sha256:0e940a60e24e9b2c1926561392515af3c7fca0f574ac745687368a9282d7734b |
        | TC-IQ-0005 | Electronic signature                      | signature | sha256:b6bcee966d84710333a54a1da4acb66c9d7694216d8e21bf4bf8f1dfa0ce4333 |
        | TC-IQ-0006 | Records store                             | store     | sha256:b93b3d7f7e1a05e07efddda2e5f5e76093e8c0c957edd0d2d5bdf942813e05cd |
        | TC-IQ-0031 | Ground the parts stand on, and the server | ground    | sha256:8d39e40a19a3d045a34eb48581a78533f004cb77c0208e3ee99b0781386a55d5 |
        | TC-IQ-0034 | Documents                                 | report    | sha256:fc7c7e354b2f6e64d0ee9a1d4af53f97ebe0a7c793d1754f7ebd1cd49835bf68 |

  @needs-Installation
  Rule: IQ-QC-01 Installed package
    Shown by: pattern installed-package@1: A package the system stands on has the version of the release.

    @positive
    Scenario Outline: <tc> <item> is as released
      When the installation is read
      Then the package "<subject>" is installed in version "<expected>"

      Examples: positive: the version named by the release
        | tc         | item                  | subject       | expected |
        | TC-IQ-0007 | Package allotropy     | allotropy     | 0.1.150  |
        | TC-IQ-0008 | Package alembic       | alembic       | 1.20.1   |
        | TC-IQ-0009 | Package argon2-cffi   | argon2-cffi   | 25.1.0   |
        | TC-IQ-0010 | Package asn1crypto    | asn1crypto    | 1.5.1    |
        | TC-IQ-0011 | Package cryptography  | cryptography  | 50.0.2   |
        | TC-IQ-0012 | Package numpy         | numpy         | 2.4.6    |
        | TC-IQ-0013 | Package pandas        | pandas        | 2.3.3    |
        | TC-IQ-0014 | Package pyHanko       | pyHanko       | 0.38.0   |
        | TC-IQ-0015 | Package pydantic      | pydantic      | 2.14.3   |
        | TC-IQ-0016 | Package PyYAML        | PyYAML        | 6.0.3    |
        | TC-IQ-0017 | Package SQLAlchemy    | SQLAlchemy    | 2.1.9    |
        | TC-IQ-0035 | Package scipy         | scipy         | 1.17.1   |
        | TC-IQ-0036 | Package statsmodels   | statsmodels   | 0.15.0   |
        | TC-IQ-0037 | Package polars        | polars        | 2.1.0    |
        | TC-IQ-0038 | Package pyreadstat    | pyreadstat    | 1.3.7    |
        | TC-IQ-0039 | Package reportlab     | reportlab     | 5.1.0    |
        | TC-IQ-0040 | Package pikepdf       | pikepdf       | 10.17.0  |
        | TC-IQ-0041 | Package model-signing | model-signing | 1.1.1    |
        | TC-IQ-0042 | Package sigstore      | sigstore      | 4.5.1    |
