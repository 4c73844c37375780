# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:595ebfd268fcc50efc04b6c46cd1255e15fec9db5490ee9a7a4612a38e266705
# csvgen: body sha256:009b08df7b63b6be5c201b9261b7f22ac7a34e4e679829cbf65be17d290ae709
@IQ @URS-QC-035 @RA-QC-023 @risk-low
Feature: IQ-QC-03 Time source
  Requirement: URS-QC-035 The installation shall have a clock that agrees with the recorder's, and write the
  > time of its records in UTC.
  Risk: RA-QC-023 Wrong time in records (class 3, priority low)
  Release: qc-release 1.0.0

  @needs-Access @needs-Installation
  Rule: IQ-QC-03 Time source
    Shown by: pattern time-source@1: The clock of the system goes on, differs from the recorder's by no more than
    > the limit, and a record that it writes now says its time in the stated zone. Whether the recorder's own clock
    > is right is not shown: where both run on one host they read the same clock, and its synchronisation is a
    > matter of that host.

    @positive
    Scenario Outline: <tc> <item> is as released
      Given the "auditor" is logged in anew
      When the installation is read
      Then the clock differs from the recorder's by at most <expected> seconds and the newest record says its time in "<subject>"

      Examples: positive (RA-QC-023; low priority): limit of the approved baseline
        | tc         | item                      | subject | expected |
        | TC-IQ-0023 | Clock of the installation | UTC     | 2        |
