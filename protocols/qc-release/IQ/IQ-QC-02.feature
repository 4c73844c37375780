# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:868616e23dcbddd4132532f4a7b6f2046c8a2282dd2c8c803f1c24b27e990f37
# csvgen: body sha256:abc8a4c0cc7c222355557ae94415f2de9dc6ead7f16ad330fa72a3c94182360f
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
        | TC-IQ-0020 | Idle seconds     | idle_seconds     | 3        |
        | TC-IQ-0021 | Password history | password_history | 5        |
        | TC-IQ-0022 | Retention days   | retention_days   | 3650     |
