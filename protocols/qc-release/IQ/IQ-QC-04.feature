# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:77b3f4140994d05e9c9a926dc7bf1e2dd2a3d2970a84cc621cf49188053e9ef9
# csvgen: body sha256:5de668ddb41d89fbdaaebf268af3654f8c7608b88c6868eaf0f6521d7c8c60ef
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

      Examples: positive (RA-QC-024; high priority): the fact named by the approved baseline
        | tc         | item                  | subject               | expected                                                                                                                                                                              |
        | TC-IQ-0024 | Mode of home          | mode of home          | 0700                                                                                                                                                                                  |
        | TC-IQ-0025 | Mode of database      | mode of database      | 0600                                                                                                                                                                                  |
        | TC-IQ-0026 | Mode of authority key | mode of authority key | 0600                                                                                                                                                                                  |
        | TC-IQ-0027 | Append-only guards    | append-only guards    | audit_event_no_again, audit_event_no_delete, audit_event_no_update, record_no_again, record_no_delete, record_no_update, tree_node_no_again, tree_node_no_delete, tree_node_no_update |
        | TC-IQ-0028 | Journal mode          | journal mode          | WAL                                                                                                                                                                                   |
        | TC-IQ-0029 | Synchronous           | synchronous           | FULL                                                                                                                                                                                  |
        | TC-IQ-0030 | Recursive triggers    | recursive triggers    | ON                                                                                                                                                                                    |
        | TC-IQ-0032 | Digest of the guards  | digest of the guards  | sha256:67377a96115b1a252b9dea311863728fe9300b60d32db1bed0e7afa5219bfec1                                                                                                               |
        | TC-IQ-0033 | Mode of anchor key    | mode of anchor key    | 0600                                                                                                                                                                                  |
