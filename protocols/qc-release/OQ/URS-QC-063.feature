# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:29339ef5ea96e3e249a6c416c16011d6e461e7af68de8bbbef26f0a0e5ce5dfe
# csvgen: body sha256:d65fe21252c351c5dd7b7a9f15978d5e4f5e40b02f5dab974d3fa737480302d1
@OQ @URS-QC-063 @RA-QC-063 @risk-high @evidence-every-step
Feature: URS-QC-063 Days and texts that are what they look like
  Requirement: The system shall take a day only as a day of the calendar written year-month-day, and the grade
  > of a material only as one line of at most 100 printable characters.
  Risk: RA-QC-063 A value is not what it looks like (class 2, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Entry @needs-Installation @needs-Records
  Rule: ac-1 Day of a procedure
    Shown by: pattern format@1: A value of the declared form is taken as it was entered; one that only looks like
    > it is refused: a day that does not exist, a letter of another script, a character nobody sees, a text that is
    > too long. In what is filled in, {new} stands for a name no other case uses, {blank} for nothing, and {today+1}
    > for the day after the system's own.

    @positive
    Scenario Outline: <tc> a value of the declared form is taken as entered (form: procedure; field: effective_from; valid: <valid>)
      Given the "quality" is logged in
      And the form "procedure" is filled in with "id = SOP-{new}; title = Cleaning of glassware; version = 1; effective_from = {today}; effective_until = {blank}"
      When the "quality" enters that form with "<valid>" as "effective_from"
      Then the system accepts it
      And the record that came of it shows "effective_from" as "<valid>"

      Examples: positive (RA-QC-063; high priority): usual and rare values of the form; read back from the record and compared exactly
        | tc         | valid      |
        | TC-OQ-0410 | 2096-02-29 |

    @negative
    Scenario Outline: <tc> a value of another form is refused (form: procedure; field: effective_from; value: <value>)
      Given the "quality" is logged in
      And the form "procedure" is filled in with "id = SOP-{new}; title = Cleaning of glassware; version = 1; effective_from = {today}; effective_until = {blank}"
      And how the record "procedure/SOP-{new}" stands is noted
      When the "quality" enters that form with "<value>" as "effective_from"
      Then the system refuses it with the words "<words>"
      And the record noted, its versions and its deviations are as before

      Examples: negative (RA-QC-063; high priority): values that people type in good faith, and values that do not exist
        | tc         | value      | words                                                              |
        | TC-OQ-0377 | 2027-02-29 | effective_from: 2027-02-29 is no day of the calendar               |
        | TC-OQ-0378 | 2027-W09-1 | effective_from: a day is written like 2026-11-21, not '2027-W09-1' |

    @negative
    Scenario Outline: <tc> a value that only looks right is refused (form: procedure; field: effective_from; written: <written>)
      Given the "quality" is logged in
      And the form "procedure" is filled in with "id = SOP-{new}; title = Cleaning of glassware; version = 1; effective_from = {today}; effective_until = {blank}"
      And how the record "procedure/SOP-{new}" stands is noted
      When the "quality" enters that form with the field "effective_from" "<written>"
      Then the system refuses it with the words "<words>"
      And the record noted, its versions and its deviations are as before

      Examples: negative (RA-QC-063; high priority): what the eye cannot tell apart a search can: the record would be lost, or be taken for another
        | tc         | written               | words                                                 |
        | TC-OQ-0379 | in full-width letters | effective_from: a day is written like 2026-11-21, not |

    @no-change
    Scenario Outline: <tc> a value of another form leaves nothing behind (form: procedure; field: effective_from; value: <value>)
      Given the "quality" is logged in
      And the form "procedure" is filled in with "id = SOP-{new}; title = Cleaning of glassware; version = 1; effective_from = {today}; effective_until = {blank}"
      And what the system holds of "procedure/SOP-{new}" is noted
      When the "quality" enters that form with "<value>" as "effective_from"
      Then the system refuses it with the words "<words>"
      And the record noted, its versions and its deviations are as before
      And the audit trail has grown by the refusal alone

      Examples: no-change (RA-QC-063; high priority): after each refusal the record and the audit trail are looked at
        | tc         | value      | words                                                              |
        | TC-OQ-0380 | 2027-02-29 | effective_from: 2027-02-29 is no day of the calendar               |
        | TC-OQ-0381 | 2027-W09-1 | effective_from: a day is written like 2026-11-21, not '2027-W09-1' |

  @needs-Access @needs-AuditTrail @needs-Entry @needs-Installation @needs-Records
  Rule: ac-2 Grade of a material
    Shown by: pattern format@1: A value of the declared form is taken as it was entered; one that only looks like
    > it is refused: a day that does not exist, a letter of another script, a character nobody sees, a text that is
    > too long. In what is filled in, {new} stands for a name no other case uses, {blank} for nothing, and {today+1}
    > for the day after the system's own.

    @positive
    Scenario Outline: <tc> a value of the declared form is taken as entered (form: material; field: grade; valid: <valid>)
      Given the "analyst" is logged in
      And the form "material" is filled in with "ticket = CHG-{new}; id = MAT-{new}; name = Example substance; grade = Ph. Eur.; manufacturer = Example Works; address = 1 Example Street; laboratory = {blank}; specification = SPEC-0042 version 3; method = LIN-01; period = expiry; months = 24"
      When the "analyst" enters that form with "<valid>" as "grade"
      Then the system accepts it
      And the record that came of it shows "grade" as "<valid>"

      Examples: positive (RA-QC-063; high priority): usual and rare values of the form; read back from the record and compared exactly
        | tc         | valid                                 |
        | TC-OQ-0382 | Ph. Eur. 11.5, USP-NF (for injection) |

    @negative
    Scenario Outline: <tc> a value that only looks right is refused (form: material; field: grade; written: <written>)
      Given the "analyst" is logged in
      And the form "material" is filled in with "ticket = CHG-{new}; id = MAT-{new}; name = Example substance; grade = Ph. Eur.; manufacturer = Example Works; address = 1 Example Street; laboratory = {blank}; specification = SPEC-0042 version 3; method = LIN-01; period = expiry; months = 24"
      And how the record "material/MAT-{new}" stands is noted
      When the "analyst" enters that form with the field "grade" "<written>"
      Then the system refuses it with the words "<words>"
      And the record noted, its versions and its deviations are as before

      Examples: negative (RA-QC-063; high priority): what the eye cannot tell apart a search can: the record would be lost, or be taken for another
        | tc         | written                                                | words                                                           |
        | TC-OQ-0383 | with a null character inside                           | grade: this must be one line of printable text; it holds U+0000 |
        | TC-OQ-0384 | with a sign inside that turns the direction of writing | grade: this must be one line of printable text; it holds U+202E |

    @boundary
    Scenario Outline: <tc> the longest text is taken whole (form: material; field: grade; written: <written>)
      Given the "analyst" is logged in
      And the form "material" is filled in with "ticket = CHG-{new}; id = MAT-{new}; name = Example substance; grade = Ph. Eur.; manufacturer = Example Works; address = 1 Example Street; laboratory = {blank}; specification = SPEC-0042 version 3; method = LIN-01; period = expiry; months = 24"
      When the "analyst" enters that form with the field "grade" "<written>"
      Then the system accepts it
      And the record that came of it holds every value exactly as it was entered

      Examples: boundary (RA-QC-063; high priority): the greatest length; read back from the record, so that a text that was cut is found
        | tc         | written             |
        | TC-OQ-0385 | 100 characters long |

    @boundary
    Scenario Outline: <tc> a text that is one character longer is refused (form: material; field: grade; written: <written>)
      Given the "analyst" is logged in
      And the form "material" is filled in with "ticket = CHG-{new}; id = MAT-{new}; name = Example substance; grade = Ph. Eur.; manufacturer = Example Works; address = 1 Example Street; laboratory = {blank}; specification = SPEC-0042 version 3; method = LIN-01; period = expiry; months = 24"
      And how the record "material/MAT-{new}" stands is noted
      When the "analyst" enters that form with the field "grade" "<written>"
      Then the system refuses it with the words "grade: has more than 100 characters"
      And the record noted, its versions and its deviations are as before

      Examples: boundary (RA-QC-063; high priority): one character more than the greatest length; it is refused, not cut
        | tc         | written             |
        | TC-OQ-0386 | 101 characters long |

    @boundary-3
    Scenario Outline: <tc> a text that is one character shorter is taken whole (form: material; field: grade; written: <written>)
      Given the "analyst" is logged in
      And the form "material" is filled in with "ticket = CHG-{new}; id = MAT-{new}; name = Example substance; grade = Ph. Eur.; manufacturer = Example Works; address = 1 Example Street; laboratory = {blank}; specification = SPEC-0042 version 3; method = LIN-01; period = expiry; months = 24"
      When the "analyst" enters that form with the field "grade" "<written>"
      Then the system accepts it
      And the record that came of it holds every value exactly as it was entered

      Examples: boundary-3 (RA-QC-063; high priority): the neighbour of the greatest length on its inner side
        | tc         | written            |
        | TC-OQ-0387 | 99 characters long |
