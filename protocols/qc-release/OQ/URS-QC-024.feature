# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:f98d7532bddff2f044b12dbb168c045c955777370ac3da1ea17eef8f2f4fbb2f
# csvgen: body sha256:1e93b52d544bee8cade1b660ae1f1a7577d7d03dbb788d7801eb05c5f43e080c
@OQ @URS-QC-024 @RA-QC-016 @risk-high @evidence-every-step
Feature: URS-QC-024 Authority of roles
  Requirement: The system shall let each role use the functions of the access matrix and no other.
  Risk: RA-QC-016 Action without authority (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 Cells of the access matrix
    Shown by: pattern permission-matrix@2: Each role can use the functions the matrix gives it and no other.

    @positive
    Scenario Outline: <tc> the role may use the function (role: <role>; function: <function>)
      Given a lot prepared for "<function>"
      And the "<role>" is logged in
      And the end of the audit trail is noted
      When the "<role>" asks to "<function>", with what was prepared for it
      Then the system accepts it
      And what the function "<function>" is for is done, and the audit trail tells that the "<role>" did it

      Examples: positive (RA-QC-016; high priority): allowed cells of the matrix, each on a lot in the state the function asks for; full decision table together with denied: t=2, 40 of 40 tuples
        | tc         | role          | function               |
        | TC-OQ-0089 | analyst       | ingest                 |
        | TC-OQ-0090 | analyst       | process                |
        | TC-OQ-0091 | analyst       | change a record        |
        | TC-OQ-0092 | reviewer      | review                 |
        | TC-OQ-0093 | quality       | release                |
        | TC-OQ-0094 | quality       | reject                 |
        | TC-OQ-0095 | administrator | create an account      |
        | TC-OQ-0096 | auditor       | export the audit trail |
        | TC-OQ-0262 | quality       | export the audit trail |
        | TC-OQ-0263 | administrator | export the audit trail |

    @negative
    Scenario Outline: <tc> the role may not use the function (role: <role>; function: <function>)
      Given a lot prepared for "<function>"
      And the "<role>" is logged in
      When the "<role>" asks to "<function>", with what was prepared for it
      Then the system refuses it for lack of authority

      Examples: negative (RA-QC-016; high priority): denied cells of the matrix, each on a lot in the state the function asks for; full decision table together with allowed: t=2, 40 of 40 tuples
        | tc         | role          | function               |
        | TC-OQ-0097 | reviewer      | ingest                 |
        | TC-OQ-0098 | quality       | ingest                 |
        | TC-OQ-0099 | administrator | ingest                 |
        | TC-OQ-0100 | auditor       | ingest                 |
        | TC-OQ-0101 | reviewer      | process                |
        | TC-OQ-0102 | administrator | process                |
        | TC-OQ-0103 | auditor       | process                |
        | TC-OQ-0104 | quality       | change a record        |
        | TC-OQ-0105 | administrator | change a record        |
        | TC-OQ-0106 | auditor       | change a record        |
        | TC-OQ-0107 | analyst       | review                 |
        | TC-OQ-0108 | quality       | review                 |
        | TC-OQ-0109 | administrator | review                 |
        | TC-OQ-0110 | auditor       | review                 |
        | TC-OQ-0111 | analyst       | release                |
        | TC-OQ-0112 | reviewer      | release                |
        | TC-OQ-0113 | administrator | release                |
        | TC-OQ-0114 | auditor       | release                |
        | TC-OQ-0115 | analyst       | reject                 |
        | TC-OQ-0116 | reviewer      | reject                 |
        | TC-OQ-0117 | administrator | reject                 |
        | TC-OQ-0118 | analyst       | create an account      |
        | TC-OQ-0119 | reviewer      | create an account      |
        | TC-OQ-0120 | quality       | create an account      |
        | TC-OQ-0121 | auditor       | create an account      |
        | TC-OQ-0264 | analyst       | export the audit trail |
        | TC-OQ-0265 | reviewer      | change a record        |
        | TC-OQ-0266 | reviewer      | export the audit trail |
        | TC-OQ-0267 | quality       | process                |
        | TC-OQ-0268 | auditor       | reject                 |

    @positive
    Scenario Outline: <tc> the role may use each function the matrix gives it (role: <role>)
      Given the things that the access matrix is about: a lot with an open deviation, an account to retire, a locked account
      And the "<role>" is logged in
      And the end of the audit trail is noted
      When the "<role>" uses each of the functions "<functions>"
      Then the system accepts each of them
      And each of them gave what it is for, and the audit trail tells which of them the "<role>" did

      Examples: positive (RA-QC-016; high priority): the allowed cells of a role that a lot with an open deviation can serve
        | tc         | role          | functions                                                                                                                                                                                                                                                                                                                                           |
        | TC-OQ-0181 | administrator | log out; ask who is logged in; retire an account; unlock an account; list the accounts; change the configuration; change an instrument record; read a record; read the history of a record; read the audit trail; export the audit trail; verify the audit trail; read signatures; read a lot; read deviations; check a stored file; trace a record |
        | TC-OQ-0182 | analyst       | log out; ask who is logged in; read a record; read the history of a record; copy a record; read the audit trail; read signatures; read a lot; read deviations; check a stored file; calculate; trace a record; repeat a run                                                                                                                         |
        | TC-OQ-0183 | reviewer      | log out; ask who is logged in; read a record; read the history of a record; copy a record; read the audit trail; read signatures; read a lot; read deviations; check a stored file; calculate; trace a record; ask for a review packet                                                                                                              |
        | TC-OQ-0184 | quality       | log out; ask who is logged in; list the accounts; read a record; read the history of a record; copy a record; read the audit trail; export the audit trail; verify the audit trail; dispose a deviation; read signatures; read a lot; read deviations; check a stored file; calculate; trace a record; ask for a review packet                      |
        | TC-OQ-0185 | auditor       | log out; ask who is logged in; list the accounts; read a record; read the history of a record; copy a record; read the audit trail; export the audit trail; verify the audit trail; read signatures; read a lot; read deviations; check a stored file; trace a record; ask for a review packet                                                      |

    @negative
    Scenario Outline: <tc> the role may not use any function the matrix denies it (role: <role>)
      Given the things that the access matrix is about: a lot with an open deviation, an account to retire, a locked account
      And the "<role>" is logged in
      When the "<role>" uses each of the functions "<functions>"
      Then the system refuses each of them for lack of authority

      Examples: negative (RA-QC-016; high priority): every denied cell of a role, on things that are there
        | tc         | role          | functions                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 |
        | TC-OQ-0186 | administrator | copy a record; change a lot record; sign a lot as reviewed; release a lot; reject a lot; dispose a deviation; bring in a file; process a lot; calculate; ask for a review packet; record an investigation; invalidate a result; change the integration of a chromatogram; sign a changed integration; read a certificate of analysis; decide on a file in quarantine; repeat a run; build an artifact; review a promotion; approve a promotion; withdraw an artifact; extend a due re-validation; sign that re-validation was done; register a procedure; say which procedures are needed; propose a change of a material; propose a change of a method; register an artifact; approve a change of a method; enrol a device for one-time codes; type a one-time code for a signature                                                                                                                                                      |
        | TC-OQ-0187 | analyst       | create an account; retire an account; unlock an account; list the accounts; change the configuration; change an instrument record; export the audit trail; verify the audit trail; sign a lot as reviewed; release a lot; reject a lot; dispose a deviation; ask for a review packet; invalidate a result; sign a changed integration; decide on a file in quarantine; check all stored files; review a promotion; approve a promotion; withdraw an artifact; extend a due re-validation; sign that re-validation was done; register a procedure; say which procedures are needed; record training; register or retire a source of data; record a calibration; make a backup; restore a backup; approve a change of a method                                                                                                                                                                                                              |
        | TC-OQ-0188 | reviewer      | create an account; retire an account; unlock an account; list the accounts; change the configuration; change an instrument record; change a lot record; export the audit trail; verify the audit trail; release a lot; reject a lot; dispose a deviation; bring in a file; process a lot; invalidate a result; change the integration of a chromatogram; decide on a file in quarantine; check all stored files; repeat a run; build an artifact; approve a promotion; withdraw an artifact; extend a due re-validation; sign that re-validation was done; register a procedure; say which procedures are needed; record training; register or retire a source of data; record a calibration; propose a change of a material; propose a change of a method; make a backup; restore a backup; register an artifact; approve a change of a method                                                                                           |
        | TC-OQ-0189 | quality       | create an account; retire an account; unlock an account; change the configuration; change an instrument record; change a lot record; sign a lot as reviewed; bring in a file; process a lot; change the integration of a chromatogram; repeat a run; build an artifact; review a promotion; register or retire a source of data; record a calibration; propose a change of a material; propose a change of a method; make a backup; restore a backup; register an artifact                                                                                                                                                                                                                                                                                                                                                                                                                                                                |
        | TC-OQ-0190 | auditor       | create an account; retire an account; unlock an account; change the configuration; change an instrument record; change a lot record; sign a lot as reviewed; release a lot; reject a lot; dispose a deviation; bring in a file; process a lot; calculate; record an investigation; invalidate a result; change the integration of a chromatogram; sign a changed integration; decide on a file in quarantine; repeat a run; build an artifact; review a promotion; approve a promotion; withdraw an artifact; extend a due re-validation; sign that re-validation was done; register a procedure; say which procedures are needed; record training; register or retire a source of data; record a calibration; propose a change of a material; propose a change of a method; make a backup; restore a backup; register an artifact; approve a change of a method; enrol a device for one-time codes; type a one-time code for a signature |

    @audit-content
    Scenario Outline: <tc> each refusal of the role is on record (role: <role>)
      Given the things that the access matrix is about: a lot with an open deviation, an account to retire, a locked account
      And the "<role>" is logged in
      And the accounts and the end of the audit trail are noted
      When the "<role>" uses each of the functions "<functions>"
      Then the system refuses each of them for lack of authority
      And since then the audit trail tells of each of the refusals of the "<role>"

      Examples: audit-content (RA-QC-016; high priority): one entry for each refused call, with who, when and why
        | tc         | role          | functions                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 |
        | TC-OQ-0280 | administrator | copy a record; change a lot record; sign a lot as reviewed; release a lot; reject a lot; dispose a deviation; bring in a file; process a lot; calculate; ask for a review packet; record an investigation; invalidate a result; change the integration of a chromatogram; sign a changed integration; read a certificate of analysis; decide on a file in quarantine; repeat a run; build an artifact; review a promotion; approve a promotion; withdraw an artifact; extend a due re-validation; sign that re-validation was done; register a procedure; say which procedures are needed; propose a change of a material; propose a change of a method; register an artifact; approve a change of a method; enrol a device for one-time codes; type a one-time code for a signature                                                                                                                                                      |
        | TC-OQ-0281 | analyst       | create an account; retire an account; unlock an account; list the accounts; change the configuration; change an instrument record; export the audit trail; verify the audit trail; sign a lot as reviewed; release a lot; reject a lot; dispose a deviation; ask for a review packet; invalidate a result; sign a changed integration; decide on a file in quarantine; check all stored files; review a promotion; approve a promotion; withdraw an artifact; extend a due re-validation; sign that re-validation was done; register a procedure; say which procedures are needed; record training; register or retire a source of data; record a calibration; make a backup; restore a backup; approve a change of a method                                                                                                                                                                                                              |
        | TC-OQ-0282 | reviewer      | create an account; retire an account; unlock an account; list the accounts; change the configuration; change an instrument record; change a lot record; export the audit trail; verify the audit trail; release a lot; reject a lot; dispose a deviation; bring in a file; process a lot; invalidate a result; change the integration of a chromatogram; decide on a file in quarantine; check all stored files; repeat a run; build an artifact; approve a promotion; withdraw an artifact; extend a due re-validation; sign that re-validation was done; register a procedure; say which procedures are needed; record training; register or retire a source of data; record a calibration; propose a change of a material; propose a change of a method; make a backup; restore a backup; register an artifact; approve a change of a method                                                                                           |
        | TC-OQ-0283 | quality       | create an account; retire an account; unlock an account; change the configuration; change an instrument record; change a lot record; sign a lot as reviewed; bring in a file; process a lot; change the integration of a chromatogram; repeat a run; build an artifact; review a promotion; register or retire a source of data; record a calibration; propose a change of a material; propose a change of a method; make a backup; restore a backup; register an artifact                                                                                                                                                                                                                                                                                                                                                                                                                                                                |
        | TC-OQ-0284 | auditor       | create an account; retire an account; unlock an account; change the configuration; change an instrument record; change a lot record; sign a lot as reviewed; release a lot; reject a lot; dispose a deviation; bring in a file; process a lot; calculate; record an investigation; invalidate a result; change the integration of a chromatogram; sign a changed integration; decide on a file in quarantine; repeat a run; build an artifact; review a promotion; approve a promotion; withdraw an artifact; extend a due re-validation; sign that re-validation was done; register a procedure; say which procedures are needed; record training; register or retire a source of data; record a calibration; propose a change of a material; propose a change of a method; make a backup; restore a backup; register an artifact; approve a change of a method; enrol a device for one-time codes; type a one-time code for a signature |

    @no-change
    Scenario Outline: <tc> what is refused to the role changes nothing (role: <role>)
      Given the things that the access matrix is about: a lot with an open deviation, an account to retire, a locked account
      And the "<role>" is logged in
      And the accounts and the end of the audit trail are noted
      When the "<role>" uses each of the functions "<functions>"
      Then the system refuses each of them for lack of authority
      And every account is as noted, and there is no other
      And that lot is as noted in fields, version, state, files, results, deviations and signatures
      And since then the audit trail tells of nothing but "authority-refused"

      Examples: no-change (RA-QC-016; high priority): accounts and lot are compared after every function was refused; the trail tells of the refusals only
        | tc         | role          | functions                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 |
        | TC-OQ-0285 | administrator | copy a record; change a lot record; sign a lot as reviewed; release a lot; reject a lot; dispose a deviation; bring in a file; process a lot; calculate; ask for a review packet; record an investigation; invalidate a result; change the integration of a chromatogram; sign a changed integration; read a certificate of analysis; decide on a file in quarantine; repeat a run; build an artifact; review a promotion; approve a promotion; withdraw an artifact; extend a due re-validation; sign that re-validation was done; register a procedure; say which procedures are needed; propose a change of a material; propose a change of a method; register an artifact; approve a change of a method; enrol a device for one-time codes; type a one-time code for a signature                                                                                                                                                      |
        | TC-OQ-0286 | analyst       | create an account; retire an account; unlock an account; list the accounts; change the configuration; change an instrument record; export the audit trail; verify the audit trail; sign a lot as reviewed; release a lot; reject a lot; dispose a deviation; ask for a review packet; invalidate a result; sign a changed integration; decide on a file in quarantine; check all stored files; review a promotion; approve a promotion; withdraw an artifact; extend a due re-validation; sign that re-validation was done; register a procedure; say which procedures are needed; record training; register or retire a source of data; record a calibration; make a backup; restore a backup; approve a change of a method                                                                                                                                                                                                              |
        | TC-OQ-0287 | reviewer      | create an account; retire an account; unlock an account; list the accounts; change the configuration; change an instrument record; change a lot record; export the audit trail; verify the audit trail; release a lot; reject a lot; dispose a deviation; bring in a file; process a lot; invalidate a result; change the integration of a chromatogram; decide on a file in quarantine; check all stored files; repeat a run; build an artifact; approve a promotion; withdraw an artifact; extend a due re-validation; sign that re-validation was done; register a procedure; say which procedures are needed; record training; register or retire a source of data; record a calibration; propose a change of a material; propose a change of a method; make a backup; restore a backup; register an artifact; approve a change of a method                                                                                           |
        | TC-OQ-0288 | quality       | create an account; retire an account; unlock an account; change the configuration; change an instrument record; change a lot record; sign a lot as reviewed; bring in a file; process a lot; change the integration of a chromatogram; repeat a run; build an artifact; review a promotion; register or retire a source of data; record a calibration; propose a change of a material; propose a change of a method; make a backup; restore a backup; register an artifact                                                                                                                                                                                                                                                                                                                                                                                                                                                                |
        | TC-OQ-0289 | auditor       | create an account; retire an account; unlock an account; change the configuration; change an instrument record; change a lot record; sign a lot as reviewed; release a lot; reject a lot; dispose a deviation; bring in a file; process a lot; calculate; record an investigation; invalidate a result; change the integration of a chromatogram; sign a changed integration; decide on a file in quarantine; repeat a run; build an artifact; review a promotion; approve a promotion; withdraw an artifact; extend a due re-validation; sign that re-validation was done; register a procedure; say which procedures are needed; record training; register or retire a source of data; record a calibration; propose a change of a material; propose a change of a method; make a backup; restore a backup; register an artifact; approve a change of a method; enrol a device for one-time codes; type a one-time code for a signature |
