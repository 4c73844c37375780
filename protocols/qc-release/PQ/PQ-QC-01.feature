# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:6953bff654f00df9a84842a231f21a5ddb05a9a4bb694fa08b6ecdec89b9fc98
# csvgen: body sha256:0bfd6e36121433f3e67eeb0c4d1e6da3b9d5e73e0364b35579dc6f0f59446ce3
@PQ @URS-QC-001 @URS-QC-004 @URS-QC-005 @URS-QC-006 @URS-QC-012 @URS-QC-018 @RA-QC-001 @RA-QC-003 @RA-QC-004 @RA-QC-005 @RA-QC-008 @RA-QC-013 @risk-high @evidence-every-step
Feature: PQ-QC-01 A lot in specification is tested, reviewed and released
  Business process: Release testing of a lot that meets its specification, from the instrument file to the
  > signed decision. Expected values: ORA-PLATE-1 and ORA-PEAKS-1.
  End users: QC analyst, QC reviewer, Quality unit
  Environment: The validation instance: the release and configuration qualified in the IQ, with a plate-reader
  > export that others published (data/PROVENANCE.md), constructed peaks, and accounts of the roles that do this
  > work. Like production but for the values that the configuration baseline marks as values of the validation
  > instance.

  Rule: PQ-QC-01 as the business does it

    @scenario
    Scenario Outline: <tc> A lot in specification is tested, reviewed and released
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL1" as lot "LOT-A" with instrument "PR-001"
      Then the file "gen5-bca-plate.txt" of lot "LOT-A" is registered with the SHA-256 of the file sent
      And the record of the file "gen5-bca-plate.txt" of lot "LOT-A" names the "analyst", instrument "PR-001" and the UTC time of receipt
      When the "analyst" ingests the file "peaks-lot-a.csv" sample "S1" as lot "LOT-A" with instrument "HP-001"
      Then the file "peaks-lot-a.csv" of lot "LOT-A" is registered with the SHA-256 of the file sent
      When the "analyst" processes lot "LOT-A"
      And the "analyst" lists the reported values of lot "LOT-A" with their limits
      Then the verdict of lot "LOT-A" is "in specification"
      And the test "potency" of lot "LOT-A" reports "100.5" %
      And the test "impurity Imp-A" of lot "LOT-A" reports "0.20" %
      And the verdict of the test "impurity Imp-A" of lot "LOT-A" is "in specification"
      When the "reviewer" signs lot "LOT-A" as "reviewed" because "raw data, calculation and audit trail reviewed"
      Then lot "LOT-A" is in the state "reviewed"
      And the form "print" of lot "LOT-A" shows printed name, time with offset and meaning of the signature of the "reviewer"
      When the "quality" signs lot "LOT-A" as "released" because "meets its specification"
      Then lot "LOT-A" is in the state "released"
      And the audit trail of lot "LOT-A" tells that the "quality" did "sign"
      And the signature of the "reviewer" on lot "LOT-A" is valid
      And the signature of the "quality" on lot "LOT-A" is valid

      Examples: scenario (RA-QC-001, RA-QC-003, RA-QC-004, RA-QC-005, RA-QC-008, RA-QC-013; high priority): end to end, by QC analyst, QC reviewer, Quality unit
        | tc         |
        | TC-PQ-0001 |
