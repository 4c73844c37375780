# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:dfa024aef92b0809f5a89fd1f3e578fef263730025a9c4222cb9a8c9d316af25
# csvgen: body sha256:96107671f9208ba132bf6a1680ab897c78b02257e54cbcb5bc1b9bd6168239b8
@PQ @URS-QC-047 @RA-QC-032 @risk-high @evidence-every-step @attended
Feature: PQ-QC-04 The certificate of a released lot is read by the person who hands it on
  Business process: What leaves the laboratory is a document that people read. The system makes it; a person
  > says whether it can be read and understood.
  End users: QC analyst, QC reviewer, Quality unit
  Environment: The validation instance: the release and configuration qualified in the IQ, with a plate-reader
  > export that others published (data/PROVENANCE.md), constructed peaks, and accounts of the roles that do this
  > work. Like production but for the values that the configuration baseline marks as values of the validation
  > instance.
  Decided by a person: The tester judges whether the printed certificate can be read and understood without a
  > question back.

  Rule: PQ-QC-04 as the business does it

    @scenario
    Scenario Outline: <tc> The certificate of a released lot is read by the person who hands it on
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL1" as lot "LOT-D" with instrument "PR-001"
      And the "analyst" ingests the file "peaks-lot-a.csv" sample "S1" as lot "LOT-D" with instrument "HP-001"
      And the "analyst" processes lot "LOT-D"
      And the "analyst" lists the reported values of lot "LOT-D" with their limits
      And the "reviewer" signs lot "LOT-D" as "reviewed" because "raw data, calculation and audit trail reviewed"
      And the "quality" signs lot "LOT-D" as "released" because "meets its specification"
      And the "quality" asks for the certificate of analysis of lot "LOT-D"
      Then the certificate tells every reported value of lot "LOT-D" with unit, limit and verdict
      And on the printed certificate every result stands beside its limit and its unit, and none is cut off
      And the decision of quality, who took it and when can be found on the printed certificate at a glance

      Examples: scenario (RA-QC-032; high priority): end to end, by QC analyst, QC reviewer, Quality unit
        | tc         |
        | TC-PQ-0004 |
