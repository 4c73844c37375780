# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:6b60d3525cd408a03e186bc1119a702e7bb26a59057d86f1673dd54b36c0d668
# csvgen: body sha256:c1294aa03c8ebe026af6bf6c287b89e5f3cf8695aa41341ad6ac5fe5bc0518f9
@OQ @URS-QC-082 @RA-QC-082 @risk-high @evidence-every-step
Feature: URS-QC-082 Approval before use
  Requirement: The system shall use code, a changed method, an extension of a due re-validation and data of an
  > unknown instrument only after the quality unit has approved them, never on the approval of their author, and
  > not after the approval is withdrawn.
  Risk: RA-QC-082 Something counts that nobody else has approved (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Installation @needs-Pipeline
  Rule: ac-1 Before, after, by the author, withdrawn
    Shown by: pattern approval-gate@1: What has to be approved counts only when somebody else than its author
    > approved it, and no longer than that.

    @positive
    Scenario Outline: <tc> the <gate> counts when quality has approved it
      Given a "<gate>" waits for its approval
      When the "quality" approves the "<gate>"
      Then the system accepts it
      When the "<gate>" is used
      Then the system accepts it
      And the "<gate>" is put back as other cases need it

      Examples: positive (RA-QC-082; high priority): the way through each gate
        | tc         | gate                             |
        | TC-OQ-0457 | code of the pipeline             |
        | TC-OQ-0458 | method of analysis               |
        | TC-OQ-0459 | extension of a due re-validation |
        | TC-OQ-0460 | data of an unknown instrument    |

    @negative
    Scenario Outline: <tc> the <gate> does not count before its approval
      Given a "<gate>" waits for its approval
      When the "<gate>" is used
      Then the system refuses it with the words "<words>"
      And no result came of it
      When the "reviewer" approves the "<gate>"
      Then the system refuses it for lack of authority
      When the "<gate>" is used
      Then the system refuses it with the words "<words>"
      When the "quality" approves the "<gate>"
      Then the system accepts it
      When the "<gate>" is used
      Then the system accepts it
      And the "<gate>" is put back as other cases need it

      Examples: negative (RA-QC-082; high priority): use before the approval, an approval by who has no right to it, then the approval
        | tc         | gate                             | words                              |
        | TC-OQ-0461 | code of the pipeline             | nothing is promoted in its place   |
        | TC-OQ-0462 | method of analysis               | no method                          |
        | TC-OQ-0463 | extension of a due re-validation | re-validation of qc-release is due |
        | TC-OQ-0464 | data of an unknown instrument    | quarantine                         |

    @negative
    Scenario Outline: <tc> the author does not approve the <gate>
      Given a "<gate>" of an author who is of quality too waits for its approval
      When its author approves the "<gate>"
      Then the system refuses it by the rule "<rule>"
      When the "<gate>" is used
      Then the system refuses it
      And no result came of it
      And the "<gate>" is put back as other cases need it

      Examples: negative (RA-QC-082; high priority): an author who has the right to approve the work of others
        | tc         | gate                          | rule   |
        | TC-OQ-0465 | code of the pipeline          | RR-G02 |
        | TC-OQ-0466 | method of analysis            | RR-G02 |
        | TC-OQ-0467 | data of an unknown instrument | RR-G02 |

    @negative
    Scenario Outline: <tc> code whose approval is withdrawn does not count any more
      Given a "code of the pipeline" waits for its approval
      When the "quality" approves the "code of the pipeline"
      Then the system accepts it
      When the "code of the pipeline" is used
      Then the system accepts it
      When the approval of the code is withdrawn
      Then the system accepts it
      When the "code of the pipeline" is used
      Then the system refuses it by the rule "RR-F01"
      And no result came of it
      And the "code of the pipeline" is put back as other cases need it

      Examples: negative (RA-QC-082; high priority): it counted a moment before
        | tc         |
        | TC-OQ-0468 |
