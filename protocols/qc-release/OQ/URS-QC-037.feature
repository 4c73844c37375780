# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:05c6e9bdf4d2d27cfbdf0ed9cab527a71a67556a92ff828aad6110af19e274d8
# csvgen: body sha256:92cfeec326b4e813e8f57a8783dc831779083448a66ff35a627a747fee00571c
@OQ @URS-QC-037 @risk-low
Feature: URS-QC-037 Throughput
  Requirement: The system shall ingest and process twenty lots one after the other within sixty seconds.
  Depth: low priority asks for positive

  @needs-Access @needs-Pipeline
  Rule: ac-1 A day's lots
    Shown by: pattern throughput@1: A working day's number of lots is processed within the time allowed, measured
    > by the recorder's clock.

    @positive
    Scenario Outline: <tc> the lots are processed in the time allowed
      Given the "analyst" is logged in
      When 20 lots with the sample signal "1.000" are ingested and processed one after the other
      Then every one of them has a reportable result
      And it took at most 60 seconds

      Examples: positive (no risk named; low priority): measured from the first ingest to the last result
        | tc         |
        | TC-OQ-0148 |
