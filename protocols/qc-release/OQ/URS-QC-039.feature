# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:e63e665eba982bac8d1592738716880fb6ef011f49b6facd9cfc1db7345133a3
# csvgen: body sha256:0b2d0473fa3aa976109b139e122bd835c364effa64b92c0686ae6381092c5ca1
@OQ @URS-QC-039 @RA-QC-025 @risk-high @evidence-every-step
Feature: URS-QC-039 Trace from change to result and back
  Requirement: The system shall trace a change ticket or a commit to every run, result and lot that came of it,
  > and a lot back to its file, instrument, code, commit and change ticket.
  Risk: RA-QC-025 Origin of a result not known (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline
  Rule: ac-1 Forward, back, and nothing else
    Shown by: pattern trace@1: From a change ticket, a commit or a file forward to results, and from a lot back to
    > file, instrument, code and change ticket.

    @positive
    Scenario Outline: <tc> change ticket and commit lead to the run, the result and the lot (test: potency)
      Given the "analyst" is logged in
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "FORTH"
      Then the system accepts it
      When the "analyst" processes lot "FORTH"
      Then the system accepts it
      And traced from the change ticket and from the commit of its code, lot "FORTH" with its run and result "potency" is reached

      Examples: positive (RA-QC-025; high priority): what a change touched can be found
        | tc         |
        | TC-OQ-0215 |

    @positive
    Scenario Outline: <tc> a lot leads back to file, instrument, artifact, commit and change ticket
      Given the "analyst" is logged in
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "BACK"
      Then the system accepts it
      When the "analyst" processes lot "BACK"
      Then the system accepts it
      And traced back from lot "BACK", its file "plate.csv", its instrument "PR-001", artifact, commit and ticket are reached

      Examples: positive (RA-QC-025; high priority): what a result stands on can be found
        | tc         |
        | TC-OQ-0216 |

    @negative
    Scenario Outline: <tc> a trace reaches what belongs to it and nothing else
      Given the "analyst" is logged in
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "MINE"
      Then the system accepts it
      When the "analyst" processes lot "MINE"
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "OTHER"
      Then the system accepts it
      When the "analyst" processes lot "OTHER"
      Then the system accepts it
      And traced from the SHA-256 of the file "plate.csv" of lot "MINE", that lot is reached and lot "OTHER" is not
      When the "analyst" asks for the trace of "CHG-that-is-not-there"
      Then the system refuses it because of the "input"

      Examples: negative (RA-QC-025; high priority): a trace that reaches everything says nothing; a name nobody knows is refused
        | tc         |
        | TC-OQ-0217 |
