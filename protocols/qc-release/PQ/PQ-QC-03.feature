# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:1d3271e910ee376e8902a43e318df27473efa7920a949f550422bb5ae94390c3
# csvgen: body sha256:6baeb6243a950b85e2e5a4b0cab953cfba68b1dd5c6c92e80fa048a1220f4a89
@PQ @URS-QC-008 @URS-QC-012 @RA-QC-007 @RA-QC-008 @risk-high @evidence-every-step
Feature: PQ-QC-03 A lot without instrument metadata goes on only after quality has decided
  Business process: An export without instrument identification opens a deviation; the quality unit disposes of
  > it; the lot goes on.
  End users: QC analyst, QC reviewer, Quality unit
  Environment: The validation instance: the release and configuration qualified in the IQ, with a plate-reader
  > export that others published (data/PROVENANCE.md), constructed peaks, and accounts of the roles that do this
  > work. Like production except for the idle time, see URS-QC-026.

  Rule: PQ-QC-03 as the business does it

    @scenario
    Scenario Outline: <tc> A lot without instrument metadata goes on only after quality has decided
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL1" as lot "LOT-C" without instrument
      And the "analyst" ingests the file "peaks-lot-a.csv" sample "S1" as lot "LOT-C" with instrument "HP-001"
      And the "analyst" processes lot "LOT-C"
      And the "analyst" lists the reported values of lot "LOT-C" with their limits
      Then lot "LOT-C" has 1 deviation in the state "open"
      When the "reviewer" signs lot "LOT-C" as "reviewed" because "data reviewed"
      Then the system refuses it with the words "open deviation"
      When the "quality" disposes of the deviation of lot "LOT-C" as "accept" because "reader PR-001 established from the logbook of that day"
      Then the deviation of lot "LOT-C" is decided as "accept", signed by the "quality" as "disposed"
      When the "reviewer" signs lot "LOT-C" as "reviewed" because "data and disposition reviewed"
      Then lot "LOT-C" is in the state "reviewed"
      When the "quality" signs lot "LOT-C" as "released" because "deviation closed, meets its specification"
      Then lot "LOT-C" is in the state "released"

      Examples: scenario (RA-QC-007, RA-QC-008; high priority): end to end, by QC analyst, QC reviewer, Quality unit
        | tc         |
        | TC-PQ-0003 |
