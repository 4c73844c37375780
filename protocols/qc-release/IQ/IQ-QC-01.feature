# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:62071c388db7a215d0c3b31408d04e0f8cc9cf916f0e0d3631557c620b5181f5
# csvgen: body sha256:48aa68b37cdd1820089f79e7c1577a0e427772fc6dfe2eed94d020bd51eada82
@IQ @URS-QC-033 @RA-QC-022 @risk-high @evidence-every-step
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

      Examples: positive (RA-QC-022; high priority): the digest named by the release
        | tc         | item                                      | subject   | expected                                                                |
        | TC-IQ-0001 | Audit trail                               | audit     | sha256:5b5356c9da7a5186fe55151ba461934414bc6f78f64df9a3203c02a30924254c |
        | TC-IQ-0002 | Keys and certificates                     | crypto    | sha256:82f0c9118b7900efeb5fe365261ba9ffa1ce92dc84db027cf8d8b0747502d5e8 |
        | TC-IQ-0003 | Accounts and sessions                     | identity  | sha256:fdea1922e525044fcebe2b531e7338483a6c1401634e0e8408b771149a3ac762 |
        | TC-IQ-0004 | Release pipeline                          | pipeline  | sha256:2ccff35f82555037e84084cefac40a3d12020aaf059a1dcc7239265e5d26fc66 |
        | TC-IQ-0005 | Electronic signature                      | signature | sha256:f62e6dc4cac3f2e9bb738854aa26555cfd264a5c5bbc40fa871ec6dba9490713 |
        | TC-IQ-0006 | Records store                             | store     | sha256:9c400706bb55591e00a31e280eb95718fb379ace17299c1fcd999ba564e0dd51 |
        | TC-IQ-0031 | Ground the parts stand on, and the server | ground    | sha256:e25d9e0c590ec52789ec3169a69560c0eecb0d7381cd71d097a00a803e52c834 |
        | TC-IQ-0034 | Documents                                 | report    | sha256:61253a19f5d4dc9181464d9bc55f64bd69749fa90600c4d0eb6d4504d298e43a |

  @needs-Installation
  Rule: IQ-QC-01 Installed package
    Shown by: pattern installed-package@1: A package the system stands on has the version of the release.

    @positive
    Scenario Outline: <tc> <item> is as released
      When the installation is read
      Then the package "<subject>" is installed in version "<expected>"

      Examples: positive (RA-QC-022; high priority): the version named by the release
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
