# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:0c3fa51b7ab23425bf1088d9e6b178ccdfce31e1018e82f994ea7a35cb556a26
# csvgen: body sha256:9e9f53758db9551f69710de1e4eb478909de722fab6c2fb332c1c3cef53da7d8
@OQ @URS-QC-095 @RA-QC-095 @risk-high @evidence-every-step
Feature: URS-QC-095 Somebody who can administer
  Requirement: The system shall refuse to retire the last active administrator.
  Risk: RA-QC-095 Nobody can administer the system any more (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Continuity
  Rule: ac-1 All but one, and the last
    Shown by: pattern last-administrator@1: Accounts can be retired, but not the last one that can give accounts
    > out: a system that nobody can administer cannot be used under control. It is tried in an environment restored
    > from a backup, for the system itself would lose its administrators.

    @positive
    Scenario Outline: <tc> every administrator but one can be retired
      Given the "administrator" is logged in
      When the "administrator" makes a backup
      Then the system accepts it
      When the "administrator" restores the backup into an environment that is "empty"
      Then the system accepts it
      When in the restored environment every administrator but one is retired
      Then there is one active administrator there, who can log in

      Examples: positive (RA-QC-095; high priority): the valid class
        | tc         |
        | TC-OQ-0632 |

    @negative
    Scenario Outline: <tc> the last administrator cannot be retired
      Given the "administrator" is logged in
      When the "administrator" makes a backup
      Then the system accepts it
      When the "administrator" restores the backup into an environment that is "empty"
      Then the system accepts it
      When in the restored environment every administrator but one is retired
      And the last administrator retires the own account there
      Then the system refuses it with the words "last active administrator"
      And there is one active administrator there, who can log in

      Examples: negative (RA-QC-095; high priority): the refusal needs that all others are retired before
        | tc         |
        | TC-OQ-0633 |
