# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:e5a8c92f01ebe996151035e9f037cf42bdfa60018bb7e93f8ea926773af3d8d5
# csvgen: body sha256:d3bbe0ce906ab4520f34e058d929e9cebeb206ca081da4586137dbb109651788
@OQ @URS-QC-040 @RA-QC-026 @risk-medium
Feature: URS-QC-040 Repeat of a run
  Requirement: The system shall repeat a run from its own record with identical outputs, put the repeat on
  > record beside the first, and refuse it when the stored file is not what was registered.
  Risk: RA-QC-026 A result cannot be obtained again (class 3, priority medium)
  Depth: medium priority asks for positive, negative, boundary, combination; combinations of 2 values; evidence
  > of what is observed (policy default@1)

  @needs-Access @needs-Pipeline
  Rule: ac-1 Identical outputs, and refused from damaged data
    Shown by: pattern repeat-run@1: A run repeated from its own record gives the same digest of outputs and
    > changes no result; from damaged inputs it is refused.

    @positive
    Scenario Outline: <tc> a repeat gives identical outputs and is a run of its own
      Given the "analyst" is logged in
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "AGAIN"
      Then the system accepts it
      When the "analyst" processes lot "AGAIN"
      Then the system accepts it
      When the "analyst" repeats the run of lot "AGAIN"
      Then the system accepts it
      And the repeat is a run of its own with the digest of outputs of the first, and lot "AGAIN" reports what it reported

      Examples: positive (RA-QC-026; medium priority): the digest of outputs of both records is compared; the results of the lot stay
        | tc         |
        | TC-OQ-0218 |

    @negative
    Scenario Outline: <tc> a run whose stored file was changed is not repeated
      Given the "analyst" is logged in
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "DAMAGED"
      Then the system accepts it
      When the "analyst" processes lot "DAMAGED"
      Then the system accepts it
      When the stored file "plate.csv" of lot "DAMAGED" is "changed" outside the application
      And the "analyst" repeats the run of lot "DAMAGED"
      Then the system refuses it because of the "integrity"

      Examples: negative (RA-QC-026; medium priority): outputs from other bytes would be no repeat
        | tc         |
        | TC-OQ-0219 |

    @negative
    Scenario Outline: <tc> only who may process may repeat
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "WHO"
      Then the system accepts it
      When the "analyst" processes lot "WHO"
      Then the system accepts it
      When the "reviewer" repeats the run of lot "WHO"
      Then the system refuses it for lack of authority

      Examples: negative (RA-QC-026; medium priority): a repeat is a run
        | tc         |
        | TC-OQ-0220 |
