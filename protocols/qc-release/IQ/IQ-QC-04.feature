# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:dd9236522be14c6c17db1faae6a125cb130e1e7ae36372c076295d8985663223
# csvgen: body sha256:943fcc02f3f9557779345058fd767a88c0a4787ac7120ba32f81a6364b09f716
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
