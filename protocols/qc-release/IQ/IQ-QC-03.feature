# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:aac43a79c9b2adf4e0c0559a79fd90c1dd401591722a0383722badabaa43e6b1
# csvgen: body sha256:7d923a4d962b906d9fc11c7f60a668124cf6a2a4c6e93490b330bd148fbfe82e
@IQ @URS-QC-035 @RA-QC-023 @risk-low
Feature: IQ-QC-03 Time source
  Requirement: URS-QC-035 The installation shall have a clock that agrees with the recorder's, and write the
  > time of its records in UTC.
  Risk: RA-QC-023 Wrong time in records (class 3, priority low)
  Release: qc-release 1.0.0

  @needs-Installation
  Rule: IQ-QC-03 Time source
    Shown by: pattern time-source@1: The clock of the system differs from the recorder's by no more than the
    > limit, and its newest record says its time in the stated zone. Whether the recorder's own clock is right is
    > not shown: where both run on one host they read the same clock, and its synchronisation is a matter of that
    > host.

    @positive
    Scenario Outline: <tc> <item> is as released
      When the installation is read
      Then the clock differs from the recorder's by at most <expected> seconds and the newest record says its time in "<subject>"

      Examples: positive (RA-QC-023; low priority): limit of the approved baseline
        | tc         | item                      | subject | expected |
        | TC-IQ-0023 | Clock of the installation | UTC     | 2        |
