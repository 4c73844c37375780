# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:66da6eba3f66f655032b04b445917684c8edfdc1e134242f594bca48e27f0fdb
# csvgen: body sha256:583d82b71e7331380086cae2ec4468145082af10fa087a09a77894d0ad8440e3
@OQ @URS-QC-037 @risk-low
Feature: URS-QC-037 Throughput
  Requirement: The system shall ingest and process twenty lots one after the other within sixty seconds.
  Depth: low priority asks for positive; evidence of what is observed (policy default@1)

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
