# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:56302b932dc4643a050e8f57ef4ca1a04664e0eab03dea9b49098d8e22b647dc
# csvgen: body sha256:a8639bdad944a4dde60ac89013f4952268e4393fdc2a60fe7624e594206a839a
@OQ @URS-QC-044 @RA-QC-029 @risk-high @evidence-every-step
Feature: URS-QC-044 Investigation with a signed cause
  Requirement: The system shall invalidate an out-of-specification result only by an assignable cause with
  > evidence, signed by the quality unit with the number of retests, and keep the invalidated value on the record
  > of the lot.
  Risk: RA-QC-029 Failing result invalidated without a cause (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 From the failing result to the retest
    Shown by: pattern assignable-cause@1: A failing result is invalidated only by an assignable cause with
    > evidence, signed by quality; retests are planned by that signature, and the old value stays on the record.

    @positive
    Scenario Outline: <tc> after a signed cause the planned retest counts, and the failing value stays to be seen (test: potency)
      Given the "analyst" is logged in
      And the "analyst-2" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "CAUSE" has a processed result with the sample signal "0.900"
      When the "reviewer" records the "laboratory investigation" of lot "CAUSE" with the cause "pipette out of tolerance" and the evidence "its file plate.csv"
      Then the system accepts it
      When the "quality" signs the result of lot "CAUSE" as invalid, with "1" retests
      Then the system accepts it
      And lot "CAUSE" reports no "potency"
      When the "analyst-2" ingests a plate with the sample signal "1.000" as file "retest.csv" of lot "CAUSE"
      Then the system accepts it
      When the "analyst-2" processes lot "CAUSE"
      Then the system accepts it
      And the test "potency, retest 1 of 1" of lot "CAUSE" reports "100.0" %
      And the record of lot "CAUSE" still shows "potency" "90.0" as withdrawn by its investigation because of "pipette out of tolerance"

      Examples: positive (RA-QC-029; high priority): the whole way, with the old value on the record
        | tc         |
        | TC-OQ-0230 |

    @negative
    Scenario Outline: <tc> without a signed cause there is no retest (test: potency)
      Given the "analyst" is logged in
      And the "analyst-2" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "NONE" has a processed result with the sample signal "0.900"
      When the "quality" signs the result of lot "NONE" as invalid, with "1" retests
      Then the system refuses it by the rule "RR-F05"
      When the "reviewer" records the "laboratory investigation" of lot "NONE" with the cause "pipette out of tolerance" and the evidence "none"
      Then the system refuses it by the rule "RR-F05"
      When the "reviewer" records the "laboratory investigation" of lot "NONE" with the cause "pipette out of tolerance" and the evidence "file/not-there"
      Then the system refuses it because of the "input"
      When the "reviewer" records the "laboratory investigation" of lot "NONE" with the cause "pipette out of tolerance" and the evidence "its file plate.csv"
      Then the system accepts it
      When the "analyst-2" ingests a plate with the sample signal "1.000" as file "retest.csv" of lot "NONE"
      Then the system accepts it
      When the "analyst-2" processes lot "NONE"
      Then the system refuses it by the rule "RR-F05"
      And the test "potency" of lot "NONE" reports "90.0" %
      And the verdict of lot "NONE" is "out of specification"

      Examples: negative (RA-QC-029; high priority): no cause, a cause without evidence, with evidence that is not there, and a cause not signed
        | tc         |
        | TC-OQ-0231 |

    @negative
    Scenario Outline: <tc> who found the cause does not sign it, who measured does not retest, and only quality signs (test: potency)
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And the "reviewer-quality" is logged in
      And lot "PERSONS" has a processed result with the sample signal "0.900"
      When the "quality" records the "laboratory investigation" of lot "PERSONS" with the cause "pipette out of tolerance" and the evidence "its file plate.csv"
      Then the system accepts it
      When the "quality" signs the result of lot "PERSONS" as invalid, with "1" retests
      Then the system refuses it by the rule "RR-G02"
      When the "reviewer" signs the result of lot "PERSONS" as invalid, with "1" retests
      Then the system refuses it for lack of authority
      When the "reviewer-quality" signs the result of lot "PERSONS" as invalid, with "1" retests
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.000" as file "retest.csv" of lot "PERSONS"
      Then the system refuses it by the rule "RR-G02"
      And lot "PERSONS" reports no "potency"

      Examples: negative (RA-QC-029; high priority): separation of duties at each act
        | tc         |
        | TC-OQ-0232 |

    @boundary
    Scenario Outline: <tc> the number of retests is fixed by the signature, within what the method allows
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "PLAN" has a processed result with the sample signal "0.900"
      When the "reviewer" records the "laboratory investigation" of lot "PLAN" with the cause "pipette out of tolerance" and the evidence "its file plate.csv"
      Then the system accepts it
      When the "quality" signs the result of lot "PLAN" as invalid, with "0" retests
      Then the system refuses it by the rule "RR-F05"
      When the "quality" signs the result of lot "PLAN" as invalid, with "3" retests
      Then the system refuses it by the rule "RR-F05"
      When the "quality" signs the result of lot "PLAN" as invalid, with "2" retests
      Then the system accepts it
      When the "quality" signs the result of lot "PLAN" as invalid, with "1" retests
      Then the system refuses it by the rule "RR-F05"

      Examples: boundary (RA-QC-029; high priority): none, the most, and one more than the method allows
        | tc         |
        | TC-OQ-0233 |

  @needs-Access @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-2 All planned retests, and no other
    Shown by: pattern retest-plan@1: Retests are counted against the plan that was signed: each planned one is
    > measured and reported under its number, the lot waits until all are there, one more is refused, and results of
    > another test do not count.

    @positive
    Scenario Outline: <tc> each planned retest is reported under its number, and the lot waits for all (test: potency)
      Given the "analyst" is logged in
      And the "analyst-2" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "TWO" has a processed result with the sample signal "0.900"
      When the "reviewer" records the "laboratory investigation" of lot "TWO" with the cause "pipette out of tolerance" and the evidence "its file plate.csv"
      Then the system accepts it
      When the "quality" signs the result of lot "TWO" as invalid, with "2" retests
      Then the system accepts it
      When the "analyst-2" ingests a plate with the sample signal "1.000" as file "retest-1.csv" of lot "TWO"
      Then the system accepts it
      When the "analyst-2" processes lot "TWO"
      Then the system accepts it
      And the test "potency, retest 1 of 2" of lot "TWO" reports "100.0" %
      And the verdict of lot "TWO" is "incomplete"
      When the "reviewer" signs lot "TWO" as "reviewed" because "data reviewed"
      Then the system accepts it
      When the "quality" signs lot "TWO" as "released" because "data reviewed"
      Then the system refuses it with the words "is incomplete and cannot be released"
      When the "analyst-2" ingests a plate with the sample signal "0.990" as file "retest-2.csv" of lot "TWO"
      Then the system accepts it
      When the "analyst-2" processes lot "TWO"
      Then the system accepts it
      And the test "potency, retest 1 of 2" of lot "TWO" reports "100.0" %
      And the test "potency, retest 2 of 2" of lot "TWO" reports "99.0" %
      And the verdict of lot "TWO" is "in specification"
      When the "reviewer" signs lot "TWO" as "reviewed" because "all planned retests are there"
      Then the system accepts it

      Examples: positive (RA-QC-029; high priority): two planned, one after the other
        | tc         |
        | TC-OQ-0618 |

    @boundary
    Scenario Outline: <tc> one measurement more than planned is refused (test: potency)
      Given the "analyst" is logged in
      And the "analyst-2" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "ONE" has a processed result with the sample signal "0.900"
      When the "reviewer" records the "laboratory investigation" of lot "ONE" with the cause "pipette out of tolerance" and the evidence "its file plate.csv"
      Then the system accepts it
      When the "quality" signs the result of lot "ONE" as invalid, with "1" retests
      Then the system accepts it
      When the "analyst-2" ingests a plate with the sample signal "1.000" as file "retest-1.csv" of lot "ONE"
      Then the system accepts it
      When the "analyst-2" ingests a plate with the sample signal "0.990" as file "retest-2.csv" of lot "ONE"
      Then the system refuses it with the words "there already"
      When the "analyst-2" processes lot "ONE"
      Then the system accepts it
      And the test "potency, retest 1 of 1" of lot "ONE" reports "100.0" %

      Examples: boundary (RA-QC-029; high priority): one planned, and brought in; a second would be a choice
        | tc         |
        | TC-OQ-0619 |

    @negative
    Scenario Outline: <tc> a measurement of another test is no retest (test: potency)
      Given the "analyst" is logged in
      And the "analyst-2" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      When the "analyst" ingests the peaks "Main 997400; Imp-A 2600" as file "peaks.csv" of lot "OTHER"
      Then the system accepts it
      When the "analyst" processes lot "OTHER"
      Then the system accepts it
      When the "reviewer" records the "laboratory investigation" of lot "OTHER" with the cause "column exhausted" and the evidence "its file peaks.csv"
      Then the system accepts it
      When the "quality" signs the result of lot "OTHER" as invalid, with "1" retests
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "OTHER"
      Then the system accepts it
      When the "analyst" processes lot "OTHER"
      Then the system accepts it
      And the test "potency" of lot "OTHER" reports "100.0" %
      And the verdict of lot "OTHER" is "incomplete"
      When the "reviewer" signs lot "OTHER" as "reviewed" because "data reviewed"
      Then the system accepts it
      When the "quality" signs lot "OTHER" as "released" because "data reviewed"
      Then the system refuses it with the words "is incomplete and cannot be released"
      When the "analyst-2" ingests the peaks "Main 998550; Imp-A 1450" as file "retest.csv" of lot "OTHER"
      Then the system accepts it
      When the "analyst-2" processes lot "OTHER"
      Then the system accepts it
      And the test "impurity Imp-A, retest 1 of 1" of lot "OTHER" reports "0.15" %

      Examples: negative (RA-QC-029; high priority): between plan and retest a plate of the lot is measured and processed for the first time
        | tc         |
        | TC-OQ-0620 |
