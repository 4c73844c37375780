# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:1afc2e332c991c6cfae1d08382f9d7ceefcf63ba149ab8d8b10577d8e6289b8a
# csvgen: body sha256:ac680e9d1285d905b8fa2100e89b5fbf5692d23decd6f3f70743188b36d86bce
@OQ @URS-QC-086 @RA-QC-085 @risk-high @evidence-every-step
Feature: URS-QC-086 Access to store and server
  Requirement: The system shall keep its store reachable for the account of its service alone, listen on no
  > port, and tell on request when either is otherwise.
  Risk: RA-QC-085 Somebody reaches the store past the system (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Installation
  Rule: ac-1 As approved, and told when not
    Shown by: pattern access-policy@1: Store and server can be reached by whom the policy names, and an opening
    > that the policy does not name is told.

    @positive
    Scenario Outline: <tc> <fact>: <expected>
      When the protection of the store is read
      Then the fact "<fact>" is "<expected>"

      Examples: positive (RA-QC-085; high priority): each fact that the policy names
        | tc         | fact                             | expected                   |
        | TC-OQ-0494 | who may reach the store          | its owner alone            |
        | TC-OQ-0495 | owner of the store               | the account of the process |
        | TC-OQ-0496 | files others may write           | none                       |
        | TC-OQ-0497 | links that lead out of the store | none                       |
        | TC-OQ-0498 | ports that listen                | none                       |

    @negative
    Scenario Outline: <tc> a <what> with the mode <mode> is told
      When the protection of the store is read while its "<what>" has the mode "<mode>"
      Then the fact "<fact>" is "<told>"
      When the protection of the store is read
      Then the fact "<fact>" is not "<told>"

      Examples: negative (RA-QC-085; high priority): an opening, made for the moment of one reading
        | tc         | what   | mode | fact                    | told                    |
        | TC-OQ-0499 | folder | 0750 | who may reach the store | its owner and its group |
        | TC-OQ-0500 | folder | 0755 | who may reach the store | everybody on the host   |
        | TC-OQ-0501 | file   | 0622 | files others may write  | exposed.tmp             |

    @boundary
    Scenario Outline: <tc> a <what> with the mode <mode> is no opening
      When the protection of the store is read while its "<what>" has the mode "<mode>"
      Then the fact "<fact>" is "<told>"

      Examples: boundary (RA-QC-085; high priority): the mode beside an opening
        | tc         | what | mode | fact                   | told |
        | TC-OQ-0502 | file | 0644 | files others may write | none |
