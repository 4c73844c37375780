# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:45f4c54b5414217ee7b76b0f054b64ff3b4452f6c16ff880d86da84807cc7ee6
# csvgen: body sha256:e41d618b3025460e70b9b19587037d60ea37c13747be6ee47f4af0f5f0d782e4
@PQ @URS-QC-008 @URS-QC-012 @RA-QC-007 @RA-QC-008 @risk-high @evidence-every-step
Feature: PQ-QC-03 A lot without instrument metadata goes on only after quality has decided
  Business process: An export without instrument identification opens a deviation; the quality unit disposes of
  > it; the lot goes on.
  End users: QC analyst, QC reviewer, Quality unit
  Environment: The validation instance: the release and configuration qualified in the IQ, with a plate-reader
  > export that others published (data/PROVENANCE.md), constructed peaks, and accounts of the roles that do this
  > work. Like production but for the values that the configuration baseline marks as values of the validation
  > instance.

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
