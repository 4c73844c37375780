# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:25548eb4d7d38fad379fe381d47af23b035fea39cc68975d95e0e4108e8006ac
# csvgen: body sha256:357d572bfed20dad118d16d0cc5e023910dce4c69a43238844de737dece9ff98
@OQ @URS-QC-014 @RA-QC-011 @risk-high @evidence-every-step
Feature: URS-QC-014 Immutable audit trail
  Requirement: The system shall refuse to switch the audit trail off, and refuse or find every attempt to edit,
  > delete, insert, reorder or cut off entries, or to falsify records, with the rights of the application on its
  > database but without the key of the instance.
  Risk: RA-QC-011 Audit trail falsified or switched off (class 2, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Pipeline @needs-Records
  Rule: ac-1 Attempts with the rights of the application on its database
    Shown by: pattern audit-immutability@3: Somebody is assumed who has the rights of the application on its
    > database, and not the key of the instance. What changes, removes or reorders entries or records is refused by
    > the store; an entry appended past the application, and guards taken away, which no store can refuse to such a
    > person, are found by the system's check. The trail cannot be switched off. What the store lets in is tried on
    > a copy of the instance; every other act is tried on the instance, and once more on a copy whose guards were
    > taken away for it. The system is asked of the copy: its check finds the copy whole before the act, and after
    > it names the place that was attacked. After each attempt the trail of the instance itself is unbroken, lacks
    > nothing and holds nothing more.

    @positive
    Scenario Outline: <tc> the system finds its own trail unbroken
      Given the "auditor" is logged in
      And the audit trail holds at least "600" events
      Then the audit trail is unbroken

      Examples: positive (RA-QC-011; high priority): the check is there and answers, for a trail of some length
        | tc         |
        | TC-OQ-0055 |

    @negative
    Scenario Outline: <tc> an attempt to falsify the trail is refused or found (manners: <manners>)
      Given the "auditor" is logged in
      When somebody with the rights of the application on its database tries to falsify the trail by "<manners>"
      Then the attempt ends "<ends>"
      And what the system says of the attempt names what was attacked: "<words>"
      And no entry of the audit trail was changed, lost or added by the attempt
      And the audit trail is unbroken

      Examples: negative (RA-QC-011; high priority): each way of falsifying a trail
        | tc         | manners       | ends                                                          | words                                                                                  |
        | TC-OQ-0056 | edit          | refused by the store, and found where the guards are missing  | event 3: does not follow the event before it                                           |
        | TC-OQ-0057 | delete        | refused by the store, and found where the guards are missing  | event 2: carries number 3 (inserted, removed or reordered)                             |
        | TC-OQ-0058 | insert        | let in by the store, found by the check, and no entry follows | event {n} was not announced                                                            |
        | TC-OQ-0059 | reorder       | refused by the store, and found where the guards are missing  | event 2: carries number 3 (inserted, removed or reordered)                             |
        | TC-OQ-0060 | truncate      | refused by the store, and found where the guards are missing  | {n} were anchored: events are missing at its end                                       |
        | TC-OQ-0061 | switch-off    | refused by the application                                    | the audit trail cannot be switched off                                                 |
        | TC-OQ-0168 | overwrite     | refused by the store, and found where the guards are missing  | event 3: does not follow the event before it                                           |
        | TC-OQ-0169 | drop-guards   | let in by the store, and found by the check                   | the append-only guards of the database are not those that were installed               |
        | TC-OQ-0170 | edit-record   | refused by the store, and found where the guards are missing  | record configuration/ahead_seconds version 1: not the content that event {n} tells of  |
        | TC-OQ-0171 | delete-record | refused by the store, and found where the guards are missing  | record configuration/ahead_seconds version 1: event {n} tells of it, but it is missing |

  @needs-Access @needs-AuditTrail @needs-Pipeline @needs-Records
  Rule: ac-2 A history with digests that fit is found, and what was touched is named
    Shown by: pattern trail-forgery@1: Somebody who may write to the database can make the digests fit: put an
    > event before the first, write the whole history behind an event anew, or change the hashes that are stored
    > over the events. The system's check finds each of these and names what was touched, so that whoever looks into
    > it knows where to look.

    @negative
    Scenario Outline: <tc> a falsified history is found, and named: <manners>
      Given the "auditor" is logged in
      And the audit trail holds at least "260" events
      And the "auditor" is logged in anew
      When somebody with the rights of the application on its database tries to falsify the trail by "<manners>"
      Then the attempt ends "<ends>"
      And the system's check after the act tells "<words>"
      And no entry of the audit trail was changed, lost or added by the attempt
      And the audit trail is unbroken

      Examples: negative (RA-QC-011; high priority): digests that fit were worked out by somebody without the key of the instance
        | tc         | manners           | ends                                                         | words                                                            |
        | TC-OQ-0608 | edit-tree-up      | refused by the store, and found where the guards are missing | events 1 to 256: not those of which the stored Merkle tree tells |
        | TC-OQ-0609 | edit-tree-down    | refused by the store, and found where the guards are missing | events 1 to 256: not those of which the stored Merkle tree tells |
        | TC-OQ-0610 | rewrite           | refused by the store, and found where the guards are missing | events 1 to 256: not those of which the stored Merkle tree tells |
        | TC-OQ-0611 | rewrite-with-tree | refused by the store, and found where the guards are missing | event {n} is not the one that was anchored                       |

    @negative
    Scenario Outline: <tc> an event put before the first is found
      Given the "auditor" is logged in
      When somebody with the rights of the application on its database tries to falsify the trail by "insert-first"
      Then the attempt ends "let in by the store, and found by the check"
      And the system's check after the act tells "event 1: carries number 0 (inserted, removed or reordered)"
      And no entry of the audit trail was changed, lost or added by the attempt
      And the audit trail is unbroken

      Examples: negative (RA-QC-011; high priority): what reads the trail from its first number on would pass over it
        | tc         |
        | TC-OQ-0612 |

  @needs-Access @needs-AuditTrail @needs-Continuity @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-3 A long trail
    Shown by: pattern long-trail@1: A trail so long that hashes over hashes are stored is checked as a short one
    > is, and so is what a signature says of it: years after its beginning the trail proves what it proved on the
    > first day.

    @positive
    Scenario Outline: <tc> a long trail is found unbroken, and a signature fixes all of it
      Given a copy of the system, with a clock of its own, is what is asked from here on
      And a session without use ends there after 3600 seconds
      And the "analyst" is logged in
      And the audit trail of the copy holds more than 66048 events
      Then the system's own check finds the long audit trail unbroken
      When a constructed plate with the sample signal "1.000" is ingested and processed as lot "LONG"
      Then the system accepts it
      When the "reviewer" is logged in anew
      And the "reviewer" signs lot "LONG" as "reviewed" entering "user id and password"
      Then the system accepts it
      And the signed record of the "reviewer" on lot "LONG" names the audit trail as it was before it
      And the signature of the "reviewer" on lot "LONG" is valid

      Examples: positive (RA-QC-011; high priority): root over all events, worked out from the export by the recorder
        | tc         |
        | TC-OQ-0675 |

    @negative
    Scenario Outline: <tc> a falsified hash over hashes is found, and named
      Given a copy of the system, with a clock of its own, is what is asked from here on
      And a session without use ends there after 3600 seconds
      And the "analyst" is logged in
      And the audit trail of the copy holds more than 66048 events
      And the "auditor" is logged in anew
      When somebody with the rights of the application on its database tries to falsify the trail by "edit-tree-top"
      Then the attempt ends "refused by the store, and found where the guards are missing"
      And the system's check after the act tells "events 1 to 65536: not those of which the stored Merkle tree tells"
      And the system's own check finds the long audit trail unbroken

      Examples: negative (RA-QC-011; high priority): what nobody works out anew could say anything
        | tc         |
        | TC-OQ-0676 |
