# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:5def2d60f8a061b21ee775666c6a52f25a2bb8776b372e504889207068465bf9
# csvgen: body sha256:63bf109ba7a7ec95827e537fd31448005fbbb2bf9811daede70e45ba8861bc44
@OQ @URS-QC-043 @RA-QC-028 @risk-high @evidence-every-step
Feature: URS-QC-043 The same data a second time
  Requirement: The system shall tell a file it has already as registered, refuse the same bytes under another
  > name of the lot, refuse to judge an out-of-specification measurement again under the name of another lot, open
  > a deviation where a test of a lot is measured again, and tell where the same data stand for another lot.
  Risk: RA-QC-028 Foreign or repeated data decide on a lot (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline @needs-Records
  Rule: ac-1 Same name, other name, other lot
    Shown by: pattern duplicate-file@1: One measurement counts once: the same bytes are told as registered
    > already, refused under another name, and a failing measurement is not judged again under the name of another
    > lot.

    @positive
    Scenario Outline: <tc> the same file again is told as registered already
      Given the "analyst" is logged in
      When the "analyst" ingests a plate of the instrument "PR-001" with the sample signal "1.000" as file "plate.csv" of lot "TWICE"
      Then the system accepts it
      When the "analyst" ingests the same bytes as file "plate.csv" of lot "TWICE"
      Then the system accepts it
      And the answer names the standing it was given before
      And the file "plate.csv" of lot "TWICE" is registered in version "1"

      Examples: positive (RA-QC-028; high priority): nothing is new, so there is no new version
        | tc         |
        | TC-OQ-0227 |

    @negative
    Scenario Outline: <tc> the same bytes under another name of the lot are refused
      Given the "analyst" is logged in
      When the "analyst" ingests a plate of the instrument "PR-001" with the sample signal "1.000" as file "plate.csv" of lot "COPY"
      Then the system accepts it
      When the "analyst" ingests the same bytes as file "plate-2.csv" of lot "COPY"
      Then the system refuses it with the words "one measurement counts once"
      And the file "plate-2.csv" of lot "COPY" is registered in version "(not there)"

      Examples: negative (RA-QC-028; high priority): a copy would count as a second measurement
        | tc         |
        | TC-OQ-0228 |

    @negative
    Scenario Outline: <tc> a failing measurement is not judged again under the name of another lot
      Given the "analyst" is logged in
      When the "analyst" ingests a plate of the instrument "PR-001" with the sample signal "0.900" as file "plate.csv" of lot "FAILED"
      Then the system accepts it
      When the "analyst" processes lot "FAILED"
      Then the system accepts it
      When the "analyst" ingests the same bytes as file "plate.csv" of lot "RENAMED"
      Then the system accepts it
      When the "analyst" processes lot "RENAMED"
      Then the system refuses it by the rule "RR-F05"
      And lot "RENAMED" has no reportable result

      Examples: negative (RA-QC-028; high priority): testing into compliance by a new lot number
        | tc         |
        | TC-OQ-0229 |

  @needs-Access @needs-AuditTrail @needs-Pipeline @needs-Records
  Rule: ac-2 A second measurement is told
    Shown by: pattern second-measurement@1: Data that measure a test of a lot again, or that stand for another lot
    > already, are told: by a deviation that names both, or by an entry in the audit trail of the lot.

    @positive
    Scenario Outline: <tc> each test measured once is told as nothing else
      Given the "analyst" is logged in
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "ONCE"
      Then the system accepts it
      When the "analyst" ingests the peaks "Main 998550; Imp-A 1450" as lot "ONCE"
      Then the system accepts it
      And lot "ONCE" has 0 deviations

      Examples: positive (RA-QC-028; high priority): the valid class; one file of each kind
        | tc         |
        | TC-OQ-0655 |

    @negative
    Scenario Outline: <tc> the same name with other data is a second measurement
      Given the "analyst" is logged in
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "AGAIN"
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.020" as file "plate.csv" of lot "AGAIN"
      Then the system accepts it
      And lot "AGAIN" has 1 deviation in the state "open"
      And the deviation of lot "AGAIN" says "file plate.csv version 2 measures the potency again; plate.csv version 1 was accepted before it"
      And the audit trail of lot "AGAIN" says "file plate.csv arrived"
      And traced from the SHA-256 of each version of the file "plate.csv" of lot "AGAIN", that version and the lot are reached

      Examples: negative (RA-QC-028; high priority): a new version of a file must not replace a measurement in silence
        | tc         |
        | TC-OQ-0656 |

    @negative
    Scenario Outline: <tc> another file of the same test is a second measurement, whichever reads higher
      Given the "analyst" is logged in
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "UP"
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.020" as file "plate-2.csv" of lot "UP"
      Then the system accepts it
      And the deviation of lot "UP" says "file plate-2.csv version 1 measures the potency again; plate.csv version 1 was accepted before it"
      When the "analyst" ingests a plate with the sample signal "1.020" as file "plate.csv" of lot "DOWN"
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate-2.csv" of lot "DOWN"
      Then the system accepts it
      And the deviation of lot "DOWN" says "file plate-2.csv version 1 measures the potency again; plate.csv version 1 was accepted before it"

      Examples: negative (RA-QC-028; high priority): a file of its own, with the lower and with the higher value first
        | tc         |
        | TC-OQ-0657 |

    @negative
    Scenario Outline: <tc> another sample of the same file is a second measurement (first: <first>)
      Given the "analyst" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "<first>" as lot "OTHER" with instrument "PR-001"
      Then the system accepts it
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "<second>" as lot "OTHER" with instrument "PR-001"
      Then the system accepts it
      And the deviation of lot "OTHER" says "version 1, sample <first>, was accepted before it"

      Examples: negative (RA-QC-028; high priority): naming another sample is a choice among measurements
        | tc         | first | second |
        | TC-OQ-0658 | SPL1  | SPL2   |
        | TC-OQ-0659 | SPL2  | SPL1   |

    @negative
    Scenario Outline: <tc> data that stand for another lot already are told in the trail of the lot
      Given the "analyst" is logged in
      When the "analyst" ingests a plate of the instrument "PR-001" with the sample signal "1.000" as file "plate.csv" of lot "HERE"
      Then the system accepts it
      When the "analyst" ingests the same bytes as file "copy.csv" of lot "BYTES"
      Then the system accepts it
      And the audit trail of lot "BYTES" says "file copy.csv version 1 has the bytes of file plate.csv version 1 of lot"
      When the "analyst" ingests the same readings in another order as file "anew.csv" of lot "ANEW"
      Then the system accepts it
      And the audit trail of lot "ANEW" says "file anew.csv version 1 has the readings, exported anew, of file"

      Examples: negative (RA-QC-028; high priority): the same bytes, and the same readings exported anew
        | tc         |
        | TC-OQ-0660 |
