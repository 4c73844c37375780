# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:d630834bef5b8ee144b82dc58c09434fc75dd5c774324b0befd3a13cd725ded9
# csvgen: body sha256:f9f22347b1fecf904eb45fb9c991896db742abd08be190709b444ec71aa5d8fa
@OQ @URS-QC-065 @RA-QC-065 @risk-high @evidence-every-step
Feature: URS-QC-065 Refusals without a trace in the data
  Requirement: The system shall leave records, versions, deviations and audit trail as they were when it refuses
  > an act, except that the refusal is entered in the audit trail.
  Risk: RA-QC-065 A refused act is done in part (class 2, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Entry @needs-Installation @needs-Pipeline @needs-Records
  Rule: ac-1 Entry, change and deletion refused
    Shown by: pattern no-change-on-reject@1: After an act that is refused everything is as it was: the fields of
    > the record, its versions, its deviations, and every entry of the audit trail; added is the refusal alone. In
    > what is filled in, {new} stands for a name no other case uses, {lot} for a lot that the case makes, {blank}
    > for nothing, and {today+1} for the day after the system's own.

    @no-change
    Scenario Outline: <tc> a refused act leaves everything as it was (act: <act>; record: <record>; values: <values in short>)
      Given the "<role>" is logged in
      And what the system holds of "<record>" is noted
      When the "<role>" tries the act "<act>" on "<record>" with "<values>"
      Then the system refuses it with the words "<words>"
      And the record noted, its versions and its deviations are as before
      And the audit trail has grown by the refusal alone

      Examples: no-change (RA-QC-065; high priority): acts of different kinds, each refused for another reason; what the system holds is noted before and compared after
        | tc         | role          | act               | record            | values                                                                                              | words                                                                    | values in short                                                                 |
        | TC-OQ-0399 | administrator | enter instrument  | instrument/PR-001 | id = PR-001; kind = balance; named = B-1                                                            | the instrument 'PR-001' is registered already; ids are never given again | id = PR-001; kind = balance; named = B-1                                        |
        | TC-OQ-0400 | administrator | enter calibration | instrument/PR-001 | instrument = PR-001; certificate = C-{new}; calibrated_on = {today+1}; calibration_due = {today+90} | has not happened yet                                                     | instrument = PR-001; certificate = C-{new}; calibrated_on = ... (99 characters) |
        | TC-OQ-0401 | analyst       | change            | lot/{lot}         | verdict = in specification; reason = a wish                                                         | verdict                                                                  | verdict = in specification; reason = a wish                                     |
        | TC-OQ-0402 | analyst       | change            | lot/{lot}         | storage = shelf 9; reason = {blank}                                                                 | the reason is missing                                                    | storage = shelf 9; reason = {blank}                                             |
        | TC-OQ-0403 | analyst       | delete            | lot/{lot}         | reason = not needed any more                                                                        | retention                                                                | reason = not needed any more                                                    |
