# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:3b274f5b8b5afffc9d0f982154898766503e13a160555414d1e0053bc616e371
# csvgen: body sha256:d1e0e1ee75b003cbc26b456a72f44824471e9c7771dfe1089ef072a3ba62fe21
@IQ @URS-QC-036 @RA-QC-024 @risk-high @evidence-every-step
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
