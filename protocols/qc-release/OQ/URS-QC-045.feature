# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:45ce0f0353b839ae2d6a316c907f3ce0fffeadad0e37d824e879057d111b38c9
# csvgen: body sha256:60dae1eee0138f25fba9f43cdcafdc25fa06ee66c5a20eaa68de2d63af246baa
@OQ @URS-QC-045 @RA-QC-030 @risk-high @evidence-every-step
Feature: URS-QC-045 Changed integration
  Requirement: The system shall record a changed integration with the old and the new areas, the results before
  > and after and the reason, let it count only when a second person has signed it, ask for the signature of
  > quality when a failing result would pass, and keep the old result on the record.
  Risk: RA-QC-030 Chromatogram integrated until it passes (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline @needs-Records
  Rule: ac-1 Shown, signed, and turned
    Shown by: pattern reintegration@1: A changed integration shows old, new and reason, counts only when a second
    > person has signed it, and the old result stays on the record; one that turns a failing result needs quality as
    > well.

    @positive
    Scenario Outline: <tc> old, new and reason are shown, and with the second signature the new result counts
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And peaks "Main 998550; Imp-A 1450" have been ingested as lot "CHANGED"
      When the "analyst" processes lot "CHANGED"
      Then the system accepts it
      When the "analyst" changes the integration of lot "CHANGED" to the peaks "Main 998350; Imp-A 1650" because "baseline drawn anew"
      Then the system accepts it
      And the changed integration is "waiting" and shows the peak "Imp-A" with the area "1450" before, "1650" after, and "baseline drawn anew"
      And the unrounded "impurity Imp-A" of lot "CHANGED" is "0.145" to every decimal given
      When the "reviewer" signs the changed integration
      Then the system accepts it
      And the changed integration is "in effect" and shows the peak "Imp-A" with the area "1450" before, "1650" after, and "baseline drawn anew"
      And the unrounded "impurity Imp-A" of lot "CHANGED" is "0.165" to every decimal given
      And the record of lot "CHANGED" shows the "impurity Imp-A" of before as withdrawn, unrounded "0.145", because "baseline drawn anew"

      Examples: positive (RA-QC-030; high priority): before the signature nothing takes effect
        | tc         |
        | TC-OQ-0234 |

    @negative
    Scenario Outline: <tc> without a reason, or by the same person, it does not count
      Given the "analyst" is logged in
      And the "analyst-reviewer" is logged in
      And peaks "Main 998550; Imp-A 1450" have been ingested as lot "ALONE"
      When the "analyst" processes lot "ALONE"
      Then the system accepts it
      When the "analyst" changes the integration of lot "ALONE" to the peaks "Main 998350; Imp-A 1650" because "(no reason)"
      Then the system refuses it by the rule "RR-E07"
      When the "analyst-reviewer" changes the integration of lot "ALONE" to the peaks "Main 998350; Imp-A 1650" because "baseline drawn anew"
      Then the system accepts it
      When the "analyst-reviewer" signs the changed integration
      Then the system refuses it by the rule "RR-G02"
      And the unrounded "impurity Imp-A" of lot "ALONE" is "0.145" to every decimal given

      Examples: negative (RA-QC-030; high priority): the person who changed it holds the role of the second person as well
        | tc         |
        | TC-OQ-0235 |

    @negative
    Scenario Outline: <tc> a failing result that would pass waits for quality as well
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And peaks "Main 997500; Imp-A 2500" have been ingested as lot "TURNED"
      When the "analyst" processes lot "TURNED"
      Then the system accepts it
      When the "analyst" changes the integration of lot "TURNED" to the peaks "Main 998500; Imp-A 1500" because "baseline drawn anew"
      Then the system accepts it
      When the "reviewer" signs the changed integration
      Then the system accepts it
      And the test "impurity Imp-A" of lot "TURNED" reports "0.25" %
      And the verdict of the test "impurity Imp-A" of lot "TURNED" is "out of specification"
      When the "reviewer" signs the changed integration
      Then the system refuses it by the rule "RR-G02"
      When the "quality" signs the changed integration
      Then the system accepts it
      And the verdict of the test "impurity Imp-A" of lot "TURNED" is "in specification"

      Examples: negative (RA-QC-030; high priority): integrating into compliance; after the second person it still fails
        | tc         |
        | TC-OQ-0236 |
