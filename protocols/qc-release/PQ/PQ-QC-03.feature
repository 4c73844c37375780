# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:5a779d17435d53d0f059cf1bc16fe497fa986eae20cbde44158d68190e201786
# csvgen: body sha256:a51e9b7fb1b90869c77e0bf8106be1b2179a30dec8c3d6e58d8fa2f2b45ae8f2
@PQ @URS-QC-001 @URS-QC-008 @URS-QC-009 @URS-QC-012 @RA-QC-001 @RA-QC-007 @RA-QC-008 @risk-high
Feature: PQ-QC-03 A lot without instrument metadata goes on only after quality has decided
  Business process: An export without instrument identification opens a deviation; the quality unit disposes of
  > it; the lot goes on.
  End users: QC analyst, QC reviewer, Quality unit
  Environment: The validation instance: the release and configuration qualified in the IQ, with the real
  > plate-reader export of the laboratory and the accounts of the roles that do this work. Like production except
  > for the idle time, see URS-QC-026.

  Rule: PQ-QC-03 as the business does it

    @scenario
    Scenario Outline: <tc> A lot without instrument metadata goes on only after quality has decided
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL1" as lot "LOT-C" without instrument
      And the "analyst" ingests the file "peaks-lot-a.csv" sample "S1" as lot "LOT-C" with instrument "HP-001"
      And the "analyst" processes lot "LOT-C"
      Then lot "LOT-C" has 1 deviation in the state "open"
      When the "reviewer" signs lot "LOT-C" as "reviewed" because "data reviewed"
      Then the system refuses it
      When the "quality" disposes of the deviation of lot "LOT-C" as "accept" because "reader PR-001 established from the logbook of that day"
      And the "reviewer" signs lot "LOT-C" as "reviewed" because "data and disposition reviewed"
      Then lot "LOT-C" is in the state "reviewed"
      When the "quality" signs lot "LOT-C" as "released" because "deviation closed, meets its specification"
      Then lot "LOT-C" is in the state "released"

      Examples: scenario: end to end, by QC analyst, QC reviewer, Quality unit
        | tc         |
        | TC-PQ-0003 |
