# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:6ea9a82fa84541b52afc0c030040c6aec9b016cbe06ace959e11a2c447a48081
# csvgen: body sha256:f617deeaaec5d1b13fc03ea4bb980bf53273ad8f80adcac7a6f138f2b4db3bb4
@OQ @URS-QC-045 @RA-QC-030 @risk-high @evidence-every-step
Feature: URS-QC-045 Changed integration
  Requirement: The system shall record a changed integration with the old and the new areas, the results before
  > and after and the reason, let it count only when a second person has signed it, ask for the signature of
  > quality when a failing result would pass, keep the old result on the record, and refuse it for another
  > injection, while another change waits, and for a result quality confirmed.
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
    Scenario Outline: <tc> old, new and reason are shown, and with the second signature the new result counts (test: impurity Imp-A)
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
    Scenario Outline: <tc> without a reason, or by the same person, it does not count (test: impurity Imp-A)
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
    Scenario Outline: <tc> a failing result that would pass waits for quality as well (test: impurity Imp-A)
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

  @needs-Access @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-2 Peaks that come and go, and what is refused
    Shown by: pattern integration-refused@1: A changed integration is of the same injections, shows every peak
    > that came or went, is refused where the result was confirmed or another change waits, and says when it turns a
    > failing result.

    @positive
    Scenario Outline: <tc> a peak that is integrated away is shown
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And peaks "Main 998250; Imp-A 1450; Imp-B 300" have been ingested as lot "GONE"
      When the "analyst" processes lot "GONE"
      Then the system accepts it
      When the "analyst" changes the integration of lot "GONE" to the peaks "Main 998550; Imp-A 1450" because "noise, no peak"
      Then the system accepts it
      And the changed integration is "waiting" and shows the peak "Imp-B" with the area "300" before, "(no such peak)" after, and "noise, no peak"
      And the words of the answer end with "it waits for review"
      Given peaks "Main 998550; Imp-A 1450" have been ingested as lot "CAME"
      When the "analyst" processes lot "CAME"
      Then the system accepts it
      When the "analyst" changes the integration of lot "CAME" to the peaks "Main 998250; Imp-A 1450; Imp-B 300" because "a shoulder is a peak"
      Then the system accepts it
      And the changed integration is "waiting" and shows the peak "Imp-B" with the area "(no such peak)" before, "300" after, and "a shoulder is a peak"

      Examples: positive (RA-QC-030; high priority): the peak is in the old file only, then in the new one only
        | tc         |
        | TC-OQ-0661 |

    @negative
    Scenario Outline: <tc> another injection is no changed integration
      Given the "analyst" is logged in
      And peaks "Main 998550; Imp-A 1450" have been ingested as lot "OTHER"
      When the "analyst" processes lot "OTHER"
      Then the system accepts it
      When the "analyst" changes the integration of lot "OTHER" to the injections "Main 998550; Imp-A 1450" because "baseline drawn anew"
      Then the system refuses it with the words "that is a new measurement"
      When the "analyst" changes the integration of lot "OTHER" to the peaks "Main 998550; Imp-A 1450" because "baseline drawn anew"
      Then the system refuses it with the words "there is no changed integration"

      Examples: negative (RA-QC-030; high priority): a new measurement must not come in as an integration
        | tc         |
        | TC-OQ-0662 |

    @negative
    Scenario Outline: <tc> while one change waits there is no other, and no review
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And peaks "Main 998550; Imp-A 1450" have been ingested as lot "WAITS"
      When the "analyst" processes lot "WAITS"
      Then the system accepts it
      When the "analyst" changes the integration of lot "WAITS" to the peaks "Main 998350; Imp-A 1650" because "baseline drawn anew"
      Then the system accepts it
      When the "analyst" changes the integration of lot "WAITS" to the peaks "Main 998250; Imp-A 1450; Imp-B 300" because "and once more"
      Then the system refuses it with the words "is not signed yet"
      When the "reviewer" signs lot "WAITS" as "reviewed" because "data reviewed"
      Then the system refuses it with the words "has a changed integration that is not signed"

      Examples: negative (RA-QC-030; high priority): what is not signed is not built upon
        | tc         |
        | TC-OQ-0663 |

    @negative
    Scenario Outline: <tc> a result that quality confirmed is not integrated away (test: impurity Imp-A)
      Given the "analyst" is logged in
      And the "quality" is logged in
      And peaks "Main 997395; Imp-A 2605" have been ingested as lot "STANDS"
      When the "analyst" processes lot "STANDS"
      Then the system accepts it
      When the "quality" disposes of the deviation of lot "STANDS" as "reject" because "no cause was found"
      Then the system accepts it
      And the investigation of lot "STANDS" ends with the "conclusion" of the "quality": "the result stands"
      When the "analyst" changes the integration of lot "STANDS" to the peaks "Main 998500; Imp-A 1500" because "baseline drawn anew"
      Then the system refuses it with the words "the result was confirmed by"
      And the test "impurity Imp-A" of lot "STANDS" reports "0.26" %

      Examples: negative (RA-QC-030; high priority): the investigation ended with the result; its conclusion is on record
        | tc         |
        | TC-OQ-0664 |

    @negative
    Scenario Outline: <tc> a change that turns a failing result says so, and its investigation follows it
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And peaks "Main 997300; Imp-A 2700" have been ingested as lot "TELLS"
      When the "analyst" processes lot "TELLS"
      Then the system accepts it
      When the "analyst" changes the integration of lot "TELLS" to the peaks "Main 998500; Imp-A 1500" because "baseline drawn anew"
      Then the system accepts it
      And the words of the answer hold "it turns a failing result into a passing one and needs the signature of quality as well"
      When the "reviewer" signs the changed integration
      Then the system accepts it
      And lot "TELLS" has 1 deviation in the state "open"
      When the "quality" signs the changed integration
      Then the system accepts it
      And lot "TELLS" has 1 deviation in the state "closed"

      Examples: negative (RA-QC-030; high priority): quality must know what it signs; until it has, the investigation stays open
        | tc         |
        | TC-OQ-0665 |
