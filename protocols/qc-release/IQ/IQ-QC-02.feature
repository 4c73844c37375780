# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:457304f2f3af46f0756e7eed3150337e2638a4f5f18969344050c2ae92bee87e
# csvgen: body sha256:7680a3e57083b0ace793a297810fe76d141232d454a75537fba2bf9eb3fda424
@IQ @URS-QC-034 @RA-QC-022 @risk-high
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

      Examples: positive: the value of the approved baseline
        | tc         | item             | subject          | expected |
        | TC-IQ-0018 | Minimum length   | minimum_length   | 12       |
        | TC-IQ-0019 | Failures to lock | failures_to_lock | 3        |
        | TC-IQ-0020 | Idle seconds     | idle_seconds     | 2        |
        | TC-IQ-0021 | Password history | password_history | 5        |
        | TC-IQ-0022 | Retention days   | retention_days   | 3650     |
