# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:5f1be95fae23b85920cc9d54bbfe0ef52bed8468e35633be8af97d8d1c926a77
# csvgen: body sha256:1d69c8b7b39419e068a70a7188de7ffd15b44e8faec438ec1a1ff47165a14f30
@OQ @URS-QC-060 @RA-QC-060 @risk-high @evidence-every-step
Feature: URS-QC-060 Limits of entered values
  Requirement: The system shall take a value that is typed in only within its declared limits, and keep it as it
  > was entered: the least R squared of a method from 0.000 to 1.000, the first day of a procedure not before the
  > day of its registration.
  Risk: RA-QC-060 A value beyond its limits is taken as typed (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Entry @needs-Installation @needs-Records
  Rule: ac-1 Least R squared of a method
    Shown by: pattern range@1: A value within its limits is taken as it was entered; one beyond them is refused.
    > Values are worked out from the declared limits and the resolution in exact decimals. In what is filled in,
    > {new} stands for a name no other case uses, and {today+1} for the day after the system's own.

    @positive
    Scenario Outline: <tc> a value well inside the limits is taken as entered (form: method; field: r_squared; value: <value>)
      Given the "analyst" is logged in
      And the form "method" is filled in with "id = MET-{new}; title = Example method; ticket = CHG-{new}; evidence = none: validated later; retests = 2; retest_by = anybody; model = linear; label_claim = 1000; unit = ug/mL; r_squared = 0.990; low = 95.0; high = 105.0; decimals = 1"
      When the "analyst" enters that form with "<value>" as "r_squared"
      Then the system accepts it
      And the record that came of it shows "r_squared" as "<value>"

      Examples: positive (RA-QC-060; high priority): middle of the valid class; read back from the record and compared exactly
        | tc         | value |
        | TC-OQ-0342 | 0.500 |

    @negative
    Scenario Outline: <tc> a value well outside the limits is refused (form: method; field: r_squared; value: <value>)
      Given the "analyst" is logged in
      And the form "method" is filled in with "id = MET-{new}; title = Example method; ticket = CHG-{new}; evidence = none: validated later; retests = 2; retest_by = anybody; model = linear; label_claim = 1000; unit = ug/mL; r_squared = 0.990; low = 95.0; high = 105.0; decimals = 1"
      And how the record "method/MET-{new}" stands is noted
      When the "analyst" enters that form with "<value>" as "r_squared"
      Then the system refuses it with the words "<words>"
      And the record noted, its versions and its deviations are as before

      Examples: negative (RA-QC-060; high priority): one value of each invalid class
        | tc         | value  | words                          |
        | TC-OQ-0343 | -0.010 | R squared lies between 0 and 1 |
        | TC-OQ-0344 | 1.010  | R squared lies between 0 and 1 |

    @boundary
    Scenario Outline: <tc> the last value that is allowed is taken as entered (form: method; field: r_squared; value: <value>)
      Given the "analyst" is logged in
      And the form "method" is filled in with "id = MET-{new}; title = Example method; ticket = CHG-{new}; evidence = none: validated later; retests = 2; retest_by = anybody; model = linear; label_claim = 1000; unit = ug/mL; r_squared = 0.990; low = 95.0; high = 105.0; decimals = 1"
      When the "analyst" enters that form with "<value>" as "r_squared"
      Then the system accepts it
      And the record that came of it shows "r_squared" as "<value>"

      Examples: boundary (RA-QC-060; high priority): at each limit the last value that the rule allows
        | tc         | class | value |
        | TC-OQ-0345 | low   | 0.000 |
        | TC-OQ-0346 | high  | 1.000 |

    @boundary
    Scenario Outline: <tc> the first value that is not allowed is refused (form: method; field: r_squared; value: <value>)
      Given the "analyst" is logged in
      And the form "method" is filled in with "id = MET-{new}; title = Example method; ticket = CHG-{new}; evidence = none: validated later; retests = 2; retest_by = anybody; model = linear; label_claim = 1000; unit = ug/mL; r_squared = 0.990; low = 95.0; high = 105.0; decimals = 1"
      And how the record "method/MET-{new}" stands is noted
      When the "analyst" enters that form with "<value>" as "r_squared"
      Then the system refuses it with the words "<words>"
      And the record noted, its versions and its deviations are as before

      Examples: boundary (RA-QC-060; high priority): at each limit the first value that the rule does not allow: one step of the resolution from the last that it does
        | tc         | class               | value  | words                          |
        | TC-OQ-0347 | one step below low  | -0.001 | R squared lies between 0 and 1 |
        | TC-OQ-0348 | one step above high | 1.001  | R squared lies between 0 and 1 |

    @boundary-3
    Scenario Outline: <tc> the value one step further inside is taken as entered (form: method; field: r_squared; value: <value>)
      Given the "analyst" is logged in
      And the form "method" is filled in with "id = MET-{new}; title = Example method; ticket = CHG-{new}; evidence = none: validated later; retests = 2; retest_by = anybody; model = linear; label_claim = 1000; unit = ug/mL; r_squared = 0.990; low = 95.0; high = 105.0; decimals = 1"
      When the "analyst" enters that form with "<value>" as "r_squared"
      Then the system accepts it
      And the record that came of it shows "r_squared" as "<value>"

      Examples: boundary-3 (RA-QC-060; high priority): the neighbour of a limit on its inner side
        | tc         | class               | value |
        | TC-OQ-0349 | one step above low  | 0.001 |
        | TC-OQ-0350 | one step below high | 0.999 |

    @no-change
    Scenario Outline: <tc> a refused value leaves nothing behind (form: method; field: r_squared; value: <value>)
      Given the "analyst" is logged in
      And the form "method" is filled in with "id = MET-{new}; title = Example method; ticket = CHG-{new}; evidence = none: validated later; retests = 2; retest_by = anybody; model = linear; label_claim = 1000; unit = ug/mL; r_squared = 0.990; low = 95.0; high = 105.0; decimals = 1"
      And what the system holds of "method/MET-{new}" is noted
      When the "analyst" enters that form with "<value>" as "r_squared"
      Then the system refuses it with the words "<words>"
      And the record noted, its versions and its deviations are as before
      And the audit trail has grown by the refusal alone

      Examples: no-change (RA-QC-060; high priority): after the refusal of each invalid class the record and the audit trail are looked at
        | tc         | value  | words                          |
        | TC-OQ-0351 | -0.010 | R squared lies between 0 and 1 |
        | TC-OQ-0352 | 1.010  | R squared lies between 0 and 1 |

  @needs-Access @needs-AuditTrail @needs-Entry @needs-Installation @needs-Records
  Rule: ac-2 First day of a procedure
    Shown by: pattern range@1: A value within its limits is taken as it was entered; one beyond them is refused.
    > Values are worked out from the declared limits and the resolution in exact decimals. In what is filled in,
    > {new} stands for a name no other case uses, and {today+1} for the day after the system's own.

    @positive
    Scenario Outline: <tc> a value well inside the limits is taken as entered (form: procedure; field: effective_from; value: <value>)
      Given the "quality" is logged in
      And the form "procedure" is filled in with "id = SOP-{new}; title = Cleaning of glassware; version = 1; effective_until = {blank}"
      When the "quality" enters that form with "<value>" as "effective_from"
      Then the system accepts it
      And the record that came of it shows "effective_from" as "<value>"

      Examples: positive (RA-QC-060; high priority): middle of the valid class; read back from the record and compared exactly
        | tc         | value      |
        | TC-OQ-0353 | {today+10} |

    @negative
    Scenario Outline: <tc> a value well outside the limits is refused (form: procedure; field: effective_from; value: <value>)
      Given the "quality" is logged in
      And the form "procedure" is filled in with "id = SOP-{new}; title = Cleaning of glassware; version = 1; effective_until = {blank}"
      And how the record "procedure/SOP-{new}" stands is noted
      When the "quality" enters that form with "<value>" as "effective_from"
      Then the system refuses it with the words "<words>"
      And the record noted, its versions and its deviations are as before

      Examples: negative (RA-QC-060; high priority): one value of each invalid class
        | tc         | value      | words            |
        | TC-OQ-0354 | {today-10} | that day is past |

    @boundary
    Scenario Outline: <tc> the last value that is allowed is taken as entered (form: procedure; field: effective_from; value: <value>)
      Given the "quality" is logged in
      And the form "procedure" is filled in with "id = SOP-{new}; title = Cleaning of glassware; version = 1; effective_until = {blank}"
      When the "quality" enters that form with "<value>" as "effective_from"
      Then the system accepts it
      And the record that came of it shows "effective_from" as "<value>"

      Examples: boundary (RA-QC-060; high priority): at each limit the last value that the rule allows
        | tc         | class | value   |
        | TC-OQ-0355 | low   | {today} |

    @boundary
    Scenario Outline: <tc> the first value that is not allowed is refused (form: procedure; field: effective_from; value: <value>)
      Given the "quality" is logged in
      And the form "procedure" is filled in with "id = SOP-{new}; title = Cleaning of glassware; version = 1; effective_until = {blank}"
      And how the record "procedure/SOP-{new}" stands is noted
      When the "quality" enters that form with "<value>" as "effective_from"
      Then the system refuses it with the words "<words>"
      And the record noted, its versions and its deviations are as before

      Examples: boundary (RA-QC-060; high priority): at each limit the first value that the rule does not allow: one step of the resolution from the last that it does
        | tc         | class              | value     | words            |
        | TC-OQ-0356 | one step below low | {today-1} | that day is past |

    @boundary-3
    Scenario Outline: <tc> the value one step further inside is taken as entered (form: procedure; field: effective_from; value: <value>)
      Given the "quality" is logged in
      And the form "procedure" is filled in with "id = SOP-{new}; title = Cleaning of glassware; version = 1; effective_until = {blank}"
      When the "quality" enters that form with "<value>" as "effective_from"
      Then the system accepts it
      And the record that came of it shows "effective_from" as "<value>"

      Examples: boundary-3 (RA-QC-060; high priority): the neighbour of a limit on its inner side
        | tc         | class              | value     |
        | TC-OQ-0357 | one step above low | {today+1} |

    @no-change
    Scenario Outline: <tc> a refused value leaves nothing behind (form: procedure; field: effective_from; value: <value>)
      Given the "quality" is logged in
      And the form "procedure" is filled in with "id = SOP-{new}; title = Cleaning of glassware; version = 1; effective_until = {blank}"
      And what the system holds of "procedure/SOP-{new}" is noted
      When the "quality" enters that form with "<value>" as "effective_from"
      Then the system refuses it with the words "<words>"
      And the record noted, its versions and its deviations are as before
      And the audit trail has grown by the refusal alone

      Examples: no-change (RA-QC-060; high priority): after the refusal of each invalid class the record and the audit trail are looked at
        | tc         | value      | words            |
        | TC-OQ-0358 | {today-10} | that day is past |
