# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:1f4c06ff1d9ddab014ec4626da606c42fe6eddccab5e10cbf34e33d766a32741
# csvgen: body sha256:943050aae8dd975a0e367a0226d3fc7b3ea48ab596457c8c0074497d1eb6fdf6
@IQ @URS-QC-035 @RA-QC-023 @risk-low
Feature: IQ-QC-03 Time source
  Requirement: URS-QC-035 The clock of the installation shall agree with the reference clock and work in UTC.
  Risk: RA-QC-023 Wrong time in records (class 3, priority low)
  Release: qc-release 1.0.0

  @needs-Installation
  Rule: IQ-QC-03 Time source
    Shown by: pattern time-source@1: The clock of the system agrees with the recorder's and works in the stated
    > zone.

    @positive
    Scenario Outline: <tc> <item> is as released
      When the installation is read
      Then the clock differs from the recorder's by at most <expected> seconds and works in "<subject>"

      Examples: positive: limit of the approved baseline
        | tc         | item                      | subject | expected |
        | TC-IQ-0023 | Clock of the installation | UTC     | 2        |
