# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:4b3431c5cbdef2055c27e809913f7b101c7df379242bbd029a36ca9ec384856f
# csvgen: body sha256:b30c3d687784883d446c30bbf1fada5d27e9e2a15f418c0b8198346de656d075
@PQ @URS-QC-004 @URS-QC-006 @URS-QC-007 @URS-QC-012 @RA-QC-003 @RA-QC-005 @RA-QC-006 @RA-QC-008 @risk-high @evidence-every-step
Feature: PQ-QC-02 A lot out of specification is not tested into compliance, and quality rejects it
  Business process: An out-of-specification result is kept; repetition and release are refused; the quality unit
  > decides. Expected value: ORA-PLATE-1.
  End users: QC analyst, QC reviewer, Quality unit
  Environment: The validation instance: the release and configuration qualified in the IQ, with a plate-reader
  > export that others published (data/PROVENANCE.md), constructed peaks, and accounts of the roles that do this
  > work. Like production but for the values that the configuration baseline marks as values of the validation
  > instance.

  Rule: PQ-QC-02 as the business does it

    @scenario
    Scenario Outline: <tc> A lot out of specification is not tested into compliance, and quality rejects it
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL4" as lot "LOT-B" with instrument "PR-001"
      And the "analyst" ingests the file "peaks-lot-a.csv" sample "S1" as lot "LOT-B" with instrument "HP-001"
      And the "analyst" processes lot "LOT-B"
      And the "analyst" lists the reported values of lot "LOT-B" with their limits
      Then the verdict of lot "LOT-B" is "out of specification"
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL1" as lot "LOT-B" with instrument "PR-001"
      And the "analyst" processes lot "LOT-B"
      Then the system refuses it with the words "a repeat needs a signed assignable cause"
      And the test "potency" of lot "LOT-B" reports "69.8" %
      When the "reviewer" signs lot "LOT-B" as "reviewed" because "failing result confirmed against the raw data"
      Then the system refuses it with the words "open deviation"
      When the "quality" disposes of the deviation of lot "LOT-B" that says "measures the potency again" as "accept" because "measured again without a plan; the first result stands"
      Then the system accepts it
      When the "reviewer" signs lot "LOT-B" as "reviewed" because "failing result confirmed against the raw data"
      Then the system accepts it
      And lot "LOT-B" is in the state "reviewed"
      When the "quality" signs lot "LOT-B" as "released" because "asked for by production"
      Then the system refuses it with the words "out of specification"
      And lot "LOT-B" is in the state "reviewed"
      When the "quality" signs lot "LOT-B" as "rejected" because "out of specification, no assignable cause found"
      Then lot "LOT-B" is in the state "rejected"

      Examples: scenario (RA-QC-003, RA-QC-005, RA-QC-006, RA-QC-008; high priority): end to end, by QC analyst, QC reviewer, Quality unit
        | tc         |
        | TC-PQ-0002 |
