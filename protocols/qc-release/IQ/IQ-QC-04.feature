# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:42f3818050c66c98871829d9f7c48a7358fc0ee00217ae219def70896bfe69af
# csvgen: body sha256:f4834be369cc0ac4a9252a4d6cee7f03267f7c80953e9c3533f2bf3f407bce6a
@IQ @URS-QC-036 @RA-QC-024 @risk-high
Feature: IQ-QC-04 Protection of the store
  Requirement: URS-QC-036 The record store of the installation shall be protected against change and against
  > reading by others.
  Risk: RA-QC-024 Store open to others (class 2, priority high)
  Release: qc-release 1.0.0

  @needs-Installation
  Rule: IQ-QC-04 Storage protection
    Shown by: pattern storage-protection@1: The record store is protected as the baseline says.

    @positive
    Scenario Outline: <tc> <item> is as released
      When the installation is read
      Then the storage fact "<subject>" is "<expected>"

      Examples: positive: the fact named by the approved baseline
        | tc         | item                  | subject               | expected                                                                                                                |
        | TC-IQ-0024 | Mode of home          | mode of home          | 0700                                                                                                                    |
        | TC-IQ-0025 | Mode of database      | mode of database      | 0600                                                                                                                    |
        | TC-IQ-0026 | Mode of authority key | mode of authority key | 0600                                                                                                                    |
        | TC-IQ-0027 | Append-only guards    | append-only guards    | audit_event_no_again, audit_event_no_delete, audit_event_no_update, record_no_again, record_no_delete, record_no_update |
        | TC-IQ-0028 | Journal mode          | journal mode          | WAL                                                                                                                     |
        | TC-IQ-0029 | Synchronous           | synchronous           | FULL                                                                                                                    |
        | TC-IQ-0030 | Recursive triggers    | recursive triggers    | ON                                                                                                                      |
        | TC-IQ-0032 | Digest of the guards  | digest of the guards  | sha256:3960da16382d38d4729f68912f9a19aabff6823b434d2bcb8191652afbbddda0                                                 |
        | TC-IQ-0033 | Mode of anchor key    | mode of anchor key    | 0600                                                                                                                    |
