# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:7c6218f7e7f867a5ec2b9c71154fd36c4b7fab60d1dda8299c6e09267fceaf85
# csvgen: body sha256:bcd1fd9e2861cf994e6626d8eedb077f751e034a52e6a94a63bf5d4416a6c0d4
@OQ @URS-QC-010 @RA-QC-008 @risk-medium
Feature: URS-QC-010 Sequence of steps
  Requirement: The system shall allow review only after processing, release or rejection only after review, and
  > no file, calculation, change or signature after that decision.
  Risk: RA-QC-008 Step of the process skipped (class 2, priority medium)
  Depth: medium priority asks for positive, negative, boundary, combination; combinations of 2 values; evidence
  > of what is observed (policy default@1)

  @needs-Access @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 In order, and too early
    Shown by: pattern sequence@1: Each step of the life of a lot is possible only after the one before it.

    @positive
    Scenario Outline: <tc> the steps in their order are accepted
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      When a constructed plate with the sample signal "1.000" is ingested and processed as lot "ORDER"
      Then lot "ORDER" is in the state "processed"
      When the "reviewer" signs lot "ORDER" as "reviewed" because "data reviewed"
      Then lot "ORDER" is in the state "reviewed"
      When the "quality" signs lot "ORDER" as "released" because "meets its specification"
      Then lot "ORDER" is in the state "released"

      Examples: positive (RA-QC-008; medium priority): every valid transition
        | tc         |
        | TC-OQ-0045 |

    @negative
    Scenario Outline: <tc> a signature out of its order is refused (state: <state>; meaning: <meaning>)
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "EARLY" is brought to the state "<state>" with the sample signal "1.000"
      When the "<role>" signs lot "EARLY" as "<meaning>" because "tried too early"
      Then the system refuses it with the words "<words>"
      And lot "EARLY" is in the state "<state>"

      Examples: negative (RA-QC-008; medium priority): each signing that the state of the lot does not allow, refused in the words for that reason
        | tc         | state      | role     | meaning  | words                                                                             |
        | TC-OQ-0046 | registered | reviewer | reviewed | cannot be signed as reviewed: it is registered; still missing: processing         |
        | TC-OQ-0047 | registered | quality  | released | cannot be released: it is registered; still missing: processing, review signature |
        | TC-OQ-0048 | processed  | quality  | released | cannot be released: it is processed; still missing: review signature              |
        | TC-OQ-0049 | released   | quality  | rejected | cannot be rejected: it is already released                                        |
        | TC-OQ-0152 | registered | quality  | rejected | cannot be rejected: it is registered; still missing: processing, review signature |
        | TC-OQ-0153 | processed  | quality  | rejected | cannot be rejected: it is processed; still missing: review signature              |
        | TC-OQ-0154 | reviewed   | reviewer | reviewed | cannot be signed as reviewed: it is already reviewed                              |
        | TC-OQ-0155 | released   | reviewer | reviewed | cannot be signed as reviewed: it is already released                              |
        | TC-OQ-0156 | released   | quality  | released | cannot be released: it is already released                                        |
        | TC-OQ-0157 | rejected   | reviewer | reviewed | cannot be signed as reviewed: it is already rejected                              |
        | TC-OQ-0158 | rejected   | quality  | released | cannot be released: it is already rejected                                        |
        | TC-OQ-0159 | rejected   | quality  | rejected | cannot be rejected: it is already rejected                                        |

    @negative
    Scenario Outline: <tc> any other act the state does not allow is refused (state: <state>; act: <act>)
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "CLOSED" is brought to the state "<state>" with the sample signal "1.000"
      When the "<role>" asks that lot "CLOSED" "<act>"
      Then the system refuses it with the words "<words>"
      And lot "CLOSED" is in the state "<state>"
      And every field of lot "CLOSED" is as before

      Examples: negative (RA-QC-008; medium priority): files, processing, changes and decisions in a state that does not allow them; a decision cannot be undone
        | tc         | state     | role    | act               | words                                            |
        | TC-OQ-0160 | processed | analyst | be processed      | has a reportable result                          |
        | TC-OQ-0161 | reviewed  | analyst | be processed      | cannot be processed: it is already reviewed      |
        | TC-OQ-0162 | released  | analyst | take another file | cannot take another file: it is already released |
        | TC-OQ-0163 | released  | analyst | be processed      | cannot be processed: it is already released      |
        | TC-OQ-0164 | released  | analyst | be changed        | cannot be changed: it is already released        |
        | TC-OQ-0165 | rejected  | analyst | take another file | cannot take another file: it is already rejected |
        | TC-OQ-0166 | rejected  | analyst | be processed      | cannot be processed: it is already rejected      |
        | TC-OQ-0167 | rejected  | analyst | be changed        | cannot be changed: it is already rejected        |
