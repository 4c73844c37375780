# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:26a7d0c82818eff026fd361cf7249d6cd7d7c88a91f3ac27d9c72aa526ee2df7
# csvgen: body sha256:ecf2b17830d20baecd923f42282e1873565385aacc5a2165cd713dd1f7655236
@OQ @URS-QC-081 @RA-QC-081 @risk-high @evidence-every-step
Feature: URS-QC-081 Restore from a backup
  Requirement: The system shall make a backup of all it holds, restore it into an empty environment whole and
  > identical with its recovery point told, and refuse a damaged backup without restoring any of it.
  Risk: RA-QC-081 Records cannot be given back, or are given back otherwise than they were (class 2, priority
  > high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Continuity @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 Whole, damaged, and over something else
    Shown by: pattern backup-restore@2: A backup restored into an empty environment gives back the whole system as
    > of its recovery point; a damaged one is refused and leaves nothing.

    @positive
    Scenario Outline: <tc> all that was saved is given back, and work goes on
      Given the "administrator" is logged in
      And lot "SAVED" has come to the state "released" with the sample signal "1.000"
      When the "administrator" makes a backup
      Then the system accepts it
      When all that the system holds is read, to be compared later
      And the "administrator" restores the backup into an environment that is "empty"
      Then the system accepts it
      And the restored environment is the same system, in a process of its own
      And every record is there in every version, and no other
      And the file "plate.csv" of lot "SAVED" is there, byte by byte, and the check of all stored files finds what it finds in the system
      And the signatures of lot "SAVED" are there, each as valid as before
      And the audit trail is there to the recovery point, entry by entry, and goes on with the entry of the restore
      And the system's own check of the audit trail finds it unbroken there
      And work goes on there: a new lot "ONWARD" is ingested, processed and reviewed

      Examples: positive (RA-QC-081; high priority): every record in every version, files, signatures and the audit trail are compared with the system
        | tc         |
        | TC-OQ-0447 |

    @positive
    Scenario Outline: <tc> what came after the backup is not in it, and that is told
      Given the "administrator" is logged in
      And lot "BEFORE" has come to the state "processed" with the sample signal "1.000"
      When the "administrator" makes a backup
      Then the system accepts it
      When the "analyst" ingests and processes a constructed plate with the sample signal "1.000" as lot "AFTER"
      Then the system accepts it
      When the "administrator" restores the backup into an environment that is "empty"
      Then the system accepts it
      And the answer names the recovery point: the last entry of the audit trail before the backup
      And lot "AFTER" is in the system, and not in the restored environment

      Examples: positive (RA-QC-081; high priority): a lot is made between backup and restore
        | tc         |
        | TC-OQ-0448 |

    @negative
    Scenario Outline: <tc> a damaged backup is refused: <damages>
      Given the "administrator" is logged in
      And lot "SAVED" has come to the state "registered" with the sample signal "1.000"
      When the "administrator" makes a backup
      Then the system accepts it
      When the backup is damaged: "<damages>"
      And the "administrator" restores the backup into an environment that is "empty"
      Then the system refuses it because of the "integrity"
      And in the environment there is "nothing"

      Examples: negative (RA-QC-081; high priority): every way in which a backup may reach the day it is needed; nothing of it is half restored
        | tc         | damages                                                     |
        | TC-OQ-0449 | one byte of the database is changed                         |
        | TC-OQ-0450 | the database is cut short                                   |
        | TC-OQ-0451 | one byte of a raw file is changed                           |
        | TC-OQ-0452 | a raw file is missing                                       |
        | TC-OQ-0453 | a file was put in                                           |
        | TC-OQ-0454 | one byte of its list of files is changed                    |
        | TC-OQ-0455 | a raw file was taken out, and the list of files made to fit |

    @negative
    Scenario Outline: <tc> nothing is restored over what is there
      Given the "administrator" is logged in
      And lot "SAVED" has come to the state "registered" with the sample signal "1.000"
      When the "administrator" makes a backup
      Then the system accepts it
      When the "administrator" restores the backup into an environment that is "occupied"
      Then the system refuses it with the words "not empty"
      And in the environment there is "left-by-somebody.txt"

      Examples: negative (RA-QC-081; high priority): a file lies in the environment
        | tc         |
        | TC-OQ-0456 |

  @needs-Access @needs-Continuity @needs-Installation
  Rule: ac-2 As protected as before
    Shown by: pattern restored-protection@1: What is restored is reachable for nobody who could not reach the
    > system before: the facts of the access policy are the same in the restored environment.

    @positive
    Scenario Outline: <tc> the restored store is as protected as the system's
      Given the "administrator" is logged in
      When the "administrator" makes a backup
      Then the system accepts it
      When the "administrator" restores the backup into an environment that is "empty"
      Then the system accepts it
      And the store of the restored environment is as protected as that of the system: "who may reach the store; owner of the store; files others may write; links that lead out of the store"

      Examples: positive (RA-QC-081; high priority): each fact of the policy is read from both
        | tc         |
        | TC-OQ-0622 |
