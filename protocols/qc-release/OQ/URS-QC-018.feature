# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:2d60621c6c591b1a9880fe9c849029f0a81c8890acefedc5a62eb4d5922605d7
# csvgen: body sha256:52294e8cbe57f6ba2f79010b669391fbab4d254a37bd11717fccd0c37e7a29be
@OQ @URS-QC-018 @RA-QC-013 @risk-low
Feature: URS-QC-018 Manifestation of a signature
  Requirement: The system shall show printed name, date and time with offset, and meaning of each signature in
  > every human-readable form of the record.
  Risk: RA-QC-013 Signature shown incompletely (class 2, priority low)
  Depth: low priority asks for positive; evidence of what is observed (policy default@1)

  @needs-Access @needs-Pipeline @needs-Signing
  Rule: ac-1 Every form
    Shown by: pattern signature-manifestation@1: Printed name, date and time with offset, and meaning of each
    > signature appear in every human-readable form of the record; without a meaning nothing is signed.

    @positive
    Scenario Outline: <tc> the form shows printed name, time and meaning (forms: <forms>)
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And lot "SHOWN" has a processed result with the sample signal "1.000"
      And lot "SHOWN" has been reviewed
      Then the form "<forms>" of lot "SHOWN" shows printed name, time with offset and meaning of the signature of the "reviewer"
      And the system offers no other human-readable form than "screen; print; data"

      Examples: positive (RA-QC-013; low priority): each human-readable form
        | tc         | forms  |
        | TC-OQ-0070 | screen |
        | TC-OQ-0071 | print  |
        | TC-OQ-0072 | data   |

    @negative
    Scenario Outline: <tc> a signature without a listed meaning is refused
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And lot "MEANINGLESS" has a processed result with the sample signal "1.000"
      When the "reviewer" signs lot "MEANINGLESS" as "" because "no meaning given"
      Then the system refuses it with the words "a lot is signed as"
      When the "reviewer" signs lot "MEANINGLESS" as "noted" because "a meaning that is not listed"
      Then the system refuses it with the words "a lot is signed as"
      And lot "MEANINGLESS" carries no signature

      Examples: negative (RA-QC-013; low priority): blank and unknown meaning
        | tc         |
        | TC-OQ-0073 |

  @needs-Access @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-2 In the PDF
    Shown by: pattern visible-signature@1: The picture of a signature in a PDF shows who signed, as what, why and
    > when, whole and readable, however long the reason is. What the page beside it says does not count.

    @positive
    Scenario Outline: <tc> the visible signature shows name, meaning, reason and time
      Given lot "SEEN" is brought to the state "reviewed" with the sample signal "1.000"
      And the "quality" is logged in anew
      When the "quality" signs lot "SEEN" as "released" because "all results in specification"
      Then the system accepts it
      When the "analyst" asks for the certificate of analysis of lot "SEEN"
      Then the system accepts it
      And the visible signature shows the "quality", the meaning "released", the reason "all results in specification" and the time lot "SEEN" was signed
      And every line of the visible signature stands inside its frame, clear of the next, in at least "6.5" points

      Examples: positive (RA-QC-013; low priority): the picture, read from the field of the signature
        | tc         |
        | TC-OQ-0613 |

    @positive
    Scenario Outline: <tc> a reason that does not fit is shortened and says so, and nothing else is
      Given lot "LONG" is brought to the state "reviewed" with the sample signal "1.000"
      And the "quality" is logged in anew
      When the "quality" signs lot "LONG" as "released" because "all results in specification, the audit trail read from its first to its last entry, the raw data compared with what was registered, the instrument in its interval of calibration, the analyst trained in the procedure, nothing open, and nothing that would speak against the release of this lot to the market"
      Then the system accepts it
      When the "analyst" asks for the certificate of analysis of lot "LONG"
      Then the system accepts it
      And the visible signature shows the "quality", the meaning "released", the reason "all results in specification, the audit trail read from its first to its last entry, the raw data compared with what was registered, the instrument in its interval of calibration, the analyst trained in the [shortened]" and the time lot "LONG" was signed
      And every line of the visible signature stands inside its frame, clear of the next, in at least "6.5" points

      Examples: positive (RA-QC-013; low priority): a long reason pushes something out of the picture, or is set too small to be read
        | tc         |
        | TC-OQ-0614 |
