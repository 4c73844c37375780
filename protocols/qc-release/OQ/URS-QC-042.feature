# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:f79b5a78e3155c2b65924da559f4c7d4fb21f1c767423084ce8b9f3b177476e6
# csvgen: body sha256:e2128ab436d5d25bedbe314c066ed642a2eeb16a386164b237e4e50fca321ecd
@OQ @URS-QC-042 @RA-QC-028 @risk-high @evidence-every-step
Feature: URS-QC-042 Decision on quarantined data
  Requirement: The system shall process data in quarantine only after the quality unit has accepted them by
  > signature, and never after it has rejected them.
  Risk: RA-QC-028 Foreign or repeated data decide on a lot (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 Accepted, rejected, and who may decide
    Shown by: pattern quarantine@1: Data in quarantine are processed only when quality has accepted them by
    > signature; nobody else decides, and a rejection holds.

    @positive
    Scenario Outline: <tc> quality accepts, and the data are processed
      Given the "analyst" is logged in
      And the "quality" is logged in
      When the "analyst" ingests a plate of the instrument "XX-999" with the sample signal "1.000" as file "plate.csv" of lot "TAKEN"
      Then the system refuses it
      When the "analyst" processes lot "TAKEN"
      Then the system refuses it by the rule "RR-H01"
      When the "quality" decides on the file "plate.csv" of lot "TAKEN" in quarantine: "accept"
      Then the system accepts it
      And the file "plate.csv" of lot "TAKEN" has the standing "accepted" and "quality" signed it
      When the "analyst" processes lot "TAKEN"
      Then the system accepts it

      Examples: positive (RA-QC-028; high priority): the way out is a signed decision
        | tc         |
        | TC-OQ-0224 |

    @negative
    Scenario Outline: <tc> rejected data are never processed, and the decision stands
      Given the "analyst" is logged in
      And the "quality" is logged in
      When the "analyst" ingests a plate of the instrument "XX-999" with the sample signal "1.000" as file "plate.csv" of lot "NEVER"
      Then the system refuses it
      When the "quality" decides on the file "plate.csv" of lot "NEVER" in quarantine: "reject"
      Then the system accepts it
      And the file "plate.csv" of lot "NEVER" has the standing "rejected" and "quality" signed it
      When the "analyst" processes lot "NEVER"
      Then the system refuses it
      And lot "NEVER" has no reportable result
      When the "quality" decides on the file "plate.csv" of lot "NEVER" in quarantine: "accept"
      Then the system refuses it by the rule "RR-H01"

      Examples: negative (RA-QC-028; high priority): a rejection is an end
        | tc         |
        | TC-OQ-0225 |

    @negative
    Scenario Outline: <tc> nobody but quality decides, and not without the components of a signature
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      When the "analyst" ingests a plate of the instrument "XX-999" with the sample signal "1.000" as file "plate.csv" of lot "WAITS"
      Then the system refuses it
      When the "analyst" decides on the file "plate.csv" of lot "WAITS" in quarantine: "accept"
      Then the system refuses it for lack of authority
      When the "reviewer" decides on the file "plate.csv" of lot "WAITS" in quarantine: "accept"
      Then the system refuses it for lack of authority
      When the "quality" decides on the file "plate.csv" of lot "WAITS" in quarantine with a wrong password: "accept"
      Then the system refuses it because of the "credentials"
      And the file "plate.csv" of lot "WAITS" has the standing "quarantined" and "nobody" signed it

      Examples: negative (RA-QC-028; high priority): authority and credentials, on the same file
        | tc         |
        | TC-OQ-0226 |
