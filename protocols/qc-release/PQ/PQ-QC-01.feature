# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:7dcd84bfe04269f792d31a0e7bc540f0a6fcfb286dcfdfbfe8720073fe9bd91c
# csvgen: body sha256:4f556a6f32d0fcc3df150c81ca9bc72a688989a63244fb9cb832b8756d95520e
@PQ @URS-QC-001 @URS-QC-004 @URS-QC-005 @URS-QC-006 @URS-QC-010 @URS-QC-012 @URS-QC-013 @URS-QC-017 @URS-QC-018 @URS-QC-020 @RA-QC-001 @RA-QC-003 @RA-QC-004 @RA-QC-005 @RA-QC-008 @RA-QC-010 @RA-QC-012 @RA-QC-013 @RA-QC-015 @risk-high
Feature: PQ-QC-01 A lot in specification is tested, reviewed and released
  Business process: Release testing of a lot that meets its specification, from the instrument file to the
  > signed decision. Expected values: ORA-PLATE-1 and ORA-PEAKS-1.
  End users: QC analyst, QC reviewer, Quality unit
  Environment: The validation instance: the release and configuration qualified in the IQ, with the real
  > plate-reader export of the laboratory and the accounts of the roles that do this work. Like production except
  > for the idle time, see URS-QC-026.

  Rule: PQ-QC-01 as the business does it

    @scenario
    Scenario Outline: <tc> A lot in specification is tested, reviewed and released
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL1" as lot "LOT-A" with instrument "PR-001"
      And the "analyst" ingests the file "peaks-lot-a.csv" sample "S1" as lot "LOT-A" with instrument "HP-001"
      And the "analyst" processes lot "LOT-A"
      Then the verdict of lot "LOT-A" is "in specification"
      And the test "potency" of lot "LOT-A" reports "100.5" %
      And the test "impurity Imp-A" of lot "LOT-A" reports "0.20" %
      And the verdict of the test "impurity Imp-A" of lot "LOT-A" is "in specification"
      When the "reviewer" signs lot "LOT-A" as "reviewed" because "raw data, calculation and audit trail reviewed"
      Then lot "LOT-A" is in the state "reviewed"
      When the "quality" signs lot "LOT-A" as "released" because "meets its specification"
      Then lot "LOT-A" is in the state "released"
      And the audit trail of lot "LOT-A" tells that the "quality" did "sign"
      And the form "print" of lot "LOT-A" shows printed name, time with offset and meaning of the signature of the "quality"

      Examples: scenario: end to end, by QC analyst, QC reviewer, Quality unit
        | tc         |
        | TC-PQ-0001 |
