# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:9e3145bcc0b59cf3afc0077bcba2c0e8700f23d1eb38ef17f12c2ad67dc1e007
# csvgen: body sha256:932fc9929dde0975885d5fddbd0105ceb8cb8eae001aebba8ce2bf009417ad21
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
        | TC-IQ-0004 | Release pipeline                          | pipeline  | sha256:99693b0cdf46f59c39bbb2f1c6f6be1a2cd7b2a902558479c56f75c9d73539a9 |
        | TC-IQ-0005 | Electronic signature                      | signature | sha256:03233e8febb0a003ec2b38413d3b629261f507379e87b870885e8a225a05d2be |
        | TC-IQ-0006 | Records store                             | store     | sha256:9c400706bb55591e00a31e280eb95718fb379ace17299c1fcd999ba564e0dd51 |
        | TC-IQ-0031 | Ground the parts stand on, and the server | ground    | sha256:f61464a8f813224c2b4406a3c097481afe7fbc5a7b44b18885712758e1e9d6f8 |
        | TC-IQ-0034 | Documents                                 | report    | sha256:df662a9c0473aa09dfca7be18e7c644d14a8084b2085b4f0e556a4256687d5fe |

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
