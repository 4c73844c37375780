# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:3f8cb87aaf5490f49662e1999d55e1c5dac1ee6b12d27993abfe5bde9c427de5
# csvgen: body sha256:b3f8b54c1ca221713746bcf7143e8cf6fae9b0b481dbe299cfa4e6ab9d2b452c
@IQ @URS-QC-034 @RA-QC-022 @risk-high @evidence-every-step
Feature: IQ-QC-02 Configuration
  Requirement: URS-QC-034 The installation shall have the configuration values of the approved baseline.
  Risk: RA-QC-022 Other software or configuration than the one tested (class 1, priority high)
  Release: qc-release 1.0.0

  @needs-Installation
  Rule: IQ-QC-02 Configuration value
    Shown by: pattern configuration-value@1: A configuration value is the approved one.

    @positive
    Scenario Outline: <tc> <item> is as released
      When the installation is read
      Then the configuration value "<subject>" is "<expected>"

      Examples: positive (RA-QC-022; high priority): the value of the approved baseline
        | tc         | item                | subject             | expected      |
        | TC-IQ-0018 | Minimum length      | minimum_length      | 12            |
        | TC-IQ-0019 | Failures to lock    | failures_to_lock    | 3             |
        | TC-IQ-0020 | Idle seconds        | idle_seconds        | 5             |
        | TC-IQ-0021 | Password history    | password_history    | 5             |
        | TC-IQ-0022 | Retention days      | retention_days      | 3650          |
        | TC-IQ-0043 | Ahead seconds       | ahead_seconds       | 300           |
        | TC-IQ-0044 | Repeated data       | repeated_data       | told          |
        | TC-IQ-0045 | Environment         | environment         | qualification |
        | TC-IQ-0052 | Material            | material            | not stated    |
        | TC-IQ-0046 | Revalidation days   | revalidation_days   | 365           |
        | TC-IQ-0047 | Extension days      | extension_days      | 90            |
        | TC-IQ-0048 | Revalidation blocks | revalidation_blocks | yes           |
        | TC-IQ-0049 | Second factor       | second_factor       | none          |
        | TC-IQ-0050 | Source failures     | source_failures     | 0             |
        | TC-IQ-0051 | Source wait seconds | source_wait_seconds | 900           |
        | TC-IQ-0053 | Disposable          | disposable          | no            |
