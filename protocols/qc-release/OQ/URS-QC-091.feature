# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:a922f52f4ce0deca4ce33250cb06c814a466dfc01735d925cbee8ec86e5448c2
# csvgen: body sha256:9ea4d1a454a2eb1b8f757262dee90255c980ac1b9972325d25c4cbaaa8182cbb
@OQ @URS-QC-091 @RA-QC-091 @risk-high @evidence-every-step
Feature: URS-QC-091 Content of reports
  Requirement: The system shall show on the certificate of analysis, on the review packet and on the copy of a
  > record every item they need, once and with the value of the record, nothing of another lot, and the number of
  > each page, and refuse a report that the lot cannot give.
  Risk: RA-QC-091 A report leaves out an item, or shows one of another lot (class 2, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 Each report, item by item
    Shown by: pattern report-content@1: Each report shows every item it must show once and with the value of the
    > record, nothing of another record, and on each page its number; a report of a record that has none to give is
    > refused.

    @positive
    Scenario Outline: <tc> the report shows each item once and with its value, and nothing of another lot (report: <report>)
      Given lot "REPORTED" is brought to the state "<state>" with the sample signal "1.000"
      And lot "ANOTHER" is brought to the state "<state>" with the sample signal "0.990"
      And the "<role>" is logged in
      When the "<role>" asks for the report "<report>" of lot "REPORTED"
      Then the system accepts it
      And the report shows each of "<items>" once, with the value of lot "REPORTED"
      And the report shows nothing of lot "ANOTHER"
      And each page of the report says its number and how many pages there are

      Examples: positive (RA-QC-091; high priority): every item the criterion names is looked for in the form that people read; each page says which it is
        | tc         | report                  | role     | state     | items                                                                                                                                                                                                                                          |
        | TC-OQ-0305 | certificate of analysis | analyst  | released  | Batch = lot number; Status = text RELEASED; Result of potency = text 100.0 %; Limit of potency = field tests.potency.limit; Verdict of potency = field tests.potency.verdict; Value before rounding of potency = field tests.potency.unrounded |
        | TC-OQ-0306 | review packet           | reviewer | processed | Lot = lot number; State = text processed; Verdict = field verdict; Potency = text 100.0 %                                                                                                                                                      |
        | TC-OQ-0307 | copy of the record      | auditor  | reviewed  | Lot = lot number; State = text reviewed; Method = field method; Potency = text 100.0 %; Signatures: Signed by = person reviewer; Signatures: Meaning = text reviewed                                                                           |

    @positive
    Scenario Outline: <tc> the export of the audit trail shows the entries of each lot once and as they are
      Given lot "REPORTED" is brought to the state "processed" with the sample signal "1.000"
      And lot "ANOTHER" is brought to the state "processed" with the sample signal "0.990"
      And the "auditor" is logged in
      When the "auditor" exports the audit trail
      Then the export of the audit trail shows each entry of lot "REPORTED" once and as it is, and those of lot "ANOTHER" as theirs

      Examples: positive (RA-QC-091; high priority): an entry that is lost, doubled or told of another lot falsifies the history of both
        | tc         |
        | TC-OQ-0308 |

    @negative
    Scenario Outline: <tc> a report that the lot cannot give is refused (report: <report>; state: <state>)
      Given lot "REFUSED" is brought to the state "<state>" with the sample signal "1.000"
      And the "<role>" is logged in
      When the "<role>" asks for the report "<report>" of lot "REFUSED"
      Then the system refuses it with the words "<words>"
      And no report was handed out

      Examples: negative (RA-QC-091; high priority): a lot in the wrong state, or no lot at all, has no report that somebody could take for one
        | tc         | report                  | role     | state    | words                             |
        | TC-OQ-0309 | certificate of analysis | analyst  | reviewed | it has no certificate of analysis |
        | TC-OQ-0310 | review packet           | reviewer | none     | no lot                            |

    @audit-content
    Scenario Outline: <tc> handing out a report is entered in the audit trail (report: <report>)
      Given lot "REPORTED" is brought to the state "<state>" with the sample signal "1.000"
      And the "<role>" is logged in
      When the "<role>" asks for the report "<report>" of lot "REPORTED"
      Then the system accepts it
      And the audit trail of lot "REPORTED" ends with the entry "<action>" by the "<role>", with the time and its offset

      Examples: audit-content (RA-QC-091; high priority): who took which report, and when, can be told later
        | tc         | report                  | role    | state     | action |
        | TC-OQ-0311 | certificate of analysis | analyst | released  | copy   |
        | TC-OQ-0312 | copy of the record      | auditor | processed | copy   |
