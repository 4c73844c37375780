# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:54464eb4b9eaa386bdb652697e07fef7b6d6d28d5dca415b8e70366dead4ec97
# csvgen: body sha256:d466617e42651b2eb139af0793e63160197db91e6611dd94cb16095791e5d68f
@OQ @URS-QC-098 @RA-QC-098 @risk-high @evidence-every-step
Feature: URS-QC-098 A file set aside
  Requirement: The system shall leave a file that came to a lot by accident out of every calculation once a
  > person who did not bring it in has proposed so with cause and evidence and the quality unit has signed it,
  > keep and show it, and refuse so for a file that reads out of specification or was processed.
  Risk: RA-QC-098 A measurement that fails is put out of the way (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 Proposal, signature, and what is refused
    Shown by: pattern set-aside@1: A file that came to a lot by accident is set aside before anything is
    > calculated from it: proposed with cause and evidence by somebody who did not bring it in, signed by quality,
    > kept and shown. It is no way to choose among measurements.

    @positive
    Scenario Outline: <tc> a wrong file is set aside, and the lot goes on without it (test: potency)
      Given the "analyst" is logged in
      And the "analyst-2" is logged in
      And the "quality" is logged in
      When the "analyst" ingests a plate with the sample signal "1.020" as file "wrong.csv" of lot "ASIDE"
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.000" as file "right.csv" of lot "ASIDE"
      Then the system accepts it
      When the "analyst-2" proposes that the file "wrong.csv" of lot "ASIDE" is set aside because "plate of another lot"
      Then the system accepts it
      And the proposal of the "analyst-2" is "proposed" because "plate of another lot", decided by "nobody", and tells what the file reads: "potency 102.0"
      When the "analyst" processes lot "ASIDE"
      Then the system refuses it by the rule "RR-F04"
      When the "quality" decides on the proposal: "sign"
      Then the system accepts it
      And the proposal of the "analyst-2" is "set aside" because "plate of another lot", decided by "quality", and tells what the file reads: "potency 102.0"
      And the file "wrong.csv" of lot "ASIDE" has the standing "set aside", and its stored bytes are whole
      And the file "right.csv" of lot "ASIDE" has the standing "accepted", and its stored bytes are whole
      When the "analyst" processes lot "ASIDE"
      Then the system accepts it
      And the run record of lot "ASIDE" names the file "right.csv" by the SHA-256 of the file sent
      And the test "potency" of lot "ASIDE" reports "100.0" %

      Examples: positive (RA-QC-098; high priority): one file that stands in the way of the right one
        | tc         |
        | TC-OQ-0670 |

    @negative
    Scenario Outline: <tc> what quality does not sign stays as it is (test: potency)
      Given the "analyst" is logged in
      And the "analyst-2" is logged in
      And the "quality" is logged in
      When the "analyst" ingests a plate with the sample signal "1.000" as file "right.csv" of lot "STAYS"
      Then the system accepts it
      When the "analyst-2" proposes that the file "right.csv" of lot "STAYS" is set aside because "thought to be another lot"
      Then the system accepts it
      When the "quality" decides on the proposal: "refuse"
      Then the system accepts it
      And the proposal of the "analyst-2" is "refused" because "thought to be another lot", decided by "quality", and tells what the file reads: "potency"
      And the file "right.csv" of lot "STAYS" has the standing "accepted", and its stored bytes are whole
      When the "quality" decides on the proposal: "sign"
      Then the system refuses it by the rule "RR-F05"
      When the "analyst" processes lot "STAYS"
      Then the system accepts it
      And the test "potency" of lot "STAYS" reports "100.0" %

      Examples: negative (RA-QC-098; high priority): quality refuses; the same proposal cannot be decided twice
        | tc         |
        | TC-OQ-0671 |

    @negative
    Scenario Outline: <tc> a lot whose only file was set aside has nothing to process
      Given the "analyst" is logged in
      And the "analyst-2" is logged in
      And the "quality" is logged in
      When the "analyst" ingests a plate with the sample signal "1.020" as file "wrong.csv" of lot "EMPTY"
      Then the system accepts it
      When the "analyst-2" proposes that the file "wrong.csv" of lot "EMPTY" is set aside because "plate of another lot"
      Then the system accepts it
      When the "quality" decides on the proposal: "sign"
      Then the system accepts it
      When the "analyst" processes lot "EMPTY"
      Then the system refuses it with the words "file wrong.csv is set aside"
      And lot "EMPTY" has no reportable result

      Examples: negative (RA-QC-098; high priority): what is set aside is read by no run
        | tc         |
        | TC-OQ-0672 |

    @negative
    Scenario Outline: <tc> one person proposes with evidence, another of quality signs
      Given the "analyst" is logged in
      And the "analyst-2" is logged in
      And the "quality" is logged in
      When the "analyst" ingests a plate with the sample signal "1.000" as file "right.csv" of lot "WHO"
      Then the system accepts it
      When the "analyst" proposes that the file "right.csv" of lot "WHO" is set aside because "plate of another lot"
      Then the system refuses it by the rule "RR-G02"
      When the "quality" proposes that the file "right.csv" of lot "WHO" is set aside because "plate of another lot"
      Then the system refuses it for lack of authority
      When the "analyst-2" proposes without evidence that the file "right.csv" of lot "WHO" is set aside because "plate of another lot"
      Then the system refuses it by the rule "RR-F05"
      When the "analyst-2" proposes that the file "right.csv" of lot "WHO" is set aside because "plate of another lot"
      Then the system accepts it
      When the "analyst-2" proposes that the file "right.csv" of lot "WHO" is set aside because "plate of another lot"
      Then the system refuses it with the words "asks for this already"
      When the "analyst-2" decides on the proposal: "sign"
      Then the system refuses it for lack of authority
      When the "quality" decides on the proposal: "sign with a wrong password"
      Then the system refuses it because of the "credentials"
      And the file "right.csv" of lot "WHO" has the standing "accepted", and its stored bytes are whole

      Examples: negative (RA-QC-098; high priority): who brought the file in, who has no authority, no evidence, a second proposal, a wrong password
        | tc         |
        | TC-OQ-0673 |

    @negative
    Scenario Outline: <tc> a file that reads out of specification, or was processed, is not set aside
      Given the "analyst" is logged in
      And the "analyst-2" is logged in
      When the "analyst" ingests a plate with the sample signal "0.900" as file "fails.csv" of lot "FAILS"
      Then the system accepts it
      When the "analyst-2" proposes that the file "fails.csv" of lot "FAILS" is set aside because "plate of another lot"
      Then the system refuses it with the words "a failing value is investigated, never set aside"
      When the "analyst" ingests a plate with the sample signal "1.000" as file "right.csv" of lot "READ"
      Then the system accepts it
      When the "analyst" processes lot "READ"
      Then the system accepts it
      When the "analyst-2" proposes that the file "right.csv" of lot "READ" is set aside because "plate of another lot"
      Then the system refuses it with the words "what a run has read stands"

      Examples: negative (RA-QC-098; high priority): a failing value is investigated; what a run has read stands
        | tc         |
        | TC-OQ-0674 |
