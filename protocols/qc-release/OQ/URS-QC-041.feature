# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:6e4709f124283f92c3abf39573a1b8ce43b9615499ed869938352616c67e9399
# csvgen: body sha256:b7c308db4a89502bb66a6e164ba8656325c5dd607ddc2a1eb4eead4bd6427780
@OQ @URS-QC-041 @RA-QC-027 @risk-high @evidence-every-step
Feature: URS-QC-041 Check of all stored files
  Requirement: The system shall on request compare every stored file with its registration, name each that is
  > changed or missing, open a deviation for its lot and block the review of that lot.
  Risk: RA-QC-027 Loss or change of a stored file not noticed (class 2, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline
  Rule: ac-1 Whole, changed and removed files
    Shown by: pattern landing-inventory@1: Every stored file is read again and compared with its registration;
    > what is changed or gone is named, opens a deviation and stops the lot.

    @positive
    Scenario Outline: <tc> files as registered are no finding
      Given the "analyst" is logged in
      And the "auditor" is logged in
      And the "auditor" has checked all stored files
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "WHOLE"
      Then the system accepts it
      When the "analyst" processes lot "WHOLE"
      Then the system accepts it
      When the "auditor" checks all stored files
      Then the check finds 0 faults more than before
      And lot "WHOLE" has 0 deviations

      Examples: positive (RA-QC-027; high priority): the valid class; faults of earlier cases are counted before
        | tc         |
        | TC-OQ-0221 |

    @negative
    Scenario Outline: <tc> a stored file that was changed or removed is found, named, and stops the lot (damage: <damage>)
      Given the "analyst" is logged in
      And the "auditor" is logged in
      And the "reviewer" is logged in
      And the "auditor" has checked all stored files
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "<damage>"
      Then the system accepts it
      When the "analyst" processes lot "<damage>"
      Then the system accepts it
      When the stored file "plate.csv" of lot "<damage>" is "<damage>" outside the application
      And the "auditor" checks all stored files
      Then the check finds 1 fault more than before
      And the deviation of lot "<damage>" tells of the file "plate.csv" that it is "<fault>"
      When the "reviewer" signs lot "<damage>" as "reviewed" because "data reviewed"
      Then the system refuses it with the words "open deviation"
      And lot "<damage>" is in the state "processed"

      Examples: negative (RA-QC-027; high priority): a fault past the application; nobody asked about this very file
        | tc         | damage  | fault   |
        | TC-OQ-0222 | changed | changed |
        | TC-OQ-0223 | removed | missing |

  @needs-Access @needs-Pipeline
  Rule: ac-2 Several damaged files of one lot, each told once
    Shown by: pattern several-damages@1: Each damaged file of a lot is told by a deviation of its own, once: a
    > second check of the same damage opens none, and one that is open for another file hides nothing.

    @negative
    Scenario Outline: <tc> each damaged file has one deviation, however often the check is made
      Given the "analyst" is logged in
      And the "auditor" is logged in
      And the "auditor" has checked all stored files
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "SEVERAL"
      Then the system accepts it
      When the "analyst" ingests the peaks "Main 998550; Imp-A 1450" as file "peaks.csv" of lot "SEVERAL"
      Then the system accepts it
      When the stored file "plate.csv" of lot "SEVERAL" is "changed" outside the application
      And the "auditor" checks all stored files
      Then the check finds 1 fault more than before
      And lot "SEVERAL" has 1 deviation
      And the deviation of lot "SEVERAL" tells of the file "plate.csv" that it is "changed"
      When the "auditor" checks all stored files
      Then the check finds 1 fault more than before
      And lot "SEVERAL" has 1 deviation
      When the stored file "peaks.csv" of lot "SEVERAL" is "removed" outside the application
      And the "auditor" checks all stored files
      Then the check finds 2 faults more than before
      And lot "SEVERAL" has 2 deviations
      And the deviation of lot "SEVERAL" tells of the file "peaks.csv" that it is "missing"

      Examples: negative (RA-QC-027; high priority): one file is changed, then another one is removed; the check is made three times
        | tc         |
        | TC-OQ-0617 |
