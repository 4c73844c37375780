# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:00ae6b6ce76adb1b9be8b73d44c7ea8370bb7156ae528a7cb74bb401c297c53b
# csvgen: body sha256:8ee9c9dd1c6b11e7c1e0374c43fae66d7f5f45f832649aa73dd304eb3604eb06
@OQ @URS-QC-062 @RA-QC-062 @risk-medium
Feature: URS-QC-062 Required values
  Requirement: The system shall refuse a material without its name, manufacturer or specification, and any entry
  > without a reason.
  Risk: RA-QC-062 Something required is missing (class 2, priority medium)
  Depth: medium priority asks for positive, negative, boundary, combination; combinations of 2 values; evidence
  > of what is observed (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Entry @needs-Records
  Rule: ac-1 Fields of a material
    Shown by: pattern required-field@1: A form with everything that is required is taken; with one required field
    > left out or blank it is refused, and the refusal names the field. In what is filled in, {new} stands for a
    > name no other case uses.

    @positive
    Scenario Outline: <tc> a complete form is taken as entered (form: material)
      Given the "analyst" is logged in
      And the form "material" is filled in with "ticket = CHG-{new}; id = MAT-{new}; name = Example substance; grade = Ph. Eur.; manufacturer = Example Works; address = 1 Example Street; laboratory = {blank}; specification = SPEC-0042 version 3; method = LIN-01; period = expiry; months = 24"
      When the "analyst" enters that form
      Then the system accepts it
      And the record that came of it holds every value exactly as it was entered

      Examples: positive (RA-QC-062; medium priority): everything that is required is there; every value is read back from the record and compared exactly
        | tc         |
        | TC-OQ-0365 |

    @positive
    Scenario Outline: <tc> a field that is not required may be left out (form: material; optional: <optional>)
      Given the "analyst" is logged in
      And the form "material" is filled in with "ticket = CHG-{new}; id = MAT-{new}; name = Example substance; grade = Ph. Eur.; manufacturer = Example Works; address = 1 Example Street; laboratory = {blank}; specification = SPEC-0042 version 3; method = LIN-01; period = expiry; months = 24"
      When the "analyst" enters that form with the field "<optional>" "left out"
      Then the system accepts it
      And the record that came of it holds every value exactly as it was entered

      Examples: positive (RA-QC-062; medium priority): a system that asks for more than it needs gets what people make up
        | tc         | optional |
        | TC-OQ-0366 | grade    |

    @negative
    Scenario Outline: <tc> a form without a required field is refused (form: material; field: <field>; missing: <missing>)
      Given the "analyst" is logged in
      And the form "material" is filled in with "ticket = CHG-{new}; id = MAT-{new}; name = Example substance; grade = Ph. Eur.; manufacturer = Example Works; address = 1 Example Street; laboratory = {blank}; specification = SPEC-0042 version 3; method = LIN-01; period = expiry; months = 24"
      And how the record "material/MAT-{new}" stands is noted
      When the "analyst" enters that form with the field "<field>" "<missing>"
      Then the system refuses it with the words "<words>"
      And the record noted, its versions and its deviations are as before

      Examples: negative (RA-QC-062; medium priority): each required field is left out and left blank, one at a time; full decision table: t=2, 6 of 6 tuples
        | tc         | field         | missing  | words                                |
        | TC-OQ-0367 | name          | left out | name: is missing                     |
        | TC-OQ-0368 | name          | blank    | name: this may not be blank          |
        | TC-OQ-0369 | manufacturer  | left out | manufacturer: is missing             |
        | TC-OQ-0370 | manufacturer  | blank    | manufacturer: this may not be blank  |
        | TC-OQ-0371 | specification | left out | specification: is missing            |
        | TC-OQ-0372 | specification | blank    | specification: this may not be blank |

  @needs-Access @needs-AuditTrail @needs-Entry @needs-Records
  Rule: ac-2 Reason of an entry
    Shown by: pattern required-field@1: A form with everything that is required is taken; with one required field
    > left out or blank it is refused, and the refusal names the field. In what is filled in, {new} stands for a
    > name no other case uses.

    @positive
    Scenario Outline: <tc> a complete form is taken as entered (form: instrument)
      Given the "administrator" is logged in
      And the form "instrument" is filled in with "id = PR-{new}; kind = plate reader; named = SN-{new}"
      When the "administrator" enters that form
      Then the system accepts it
      And the record that came of it holds every value exactly as it was entered

      Examples: positive (RA-QC-062; medium priority): everything that is required is there; every value is read back from the record and compared exactly
        | tc         |
        | TC-OQ-0373 |

    @negative
    Scenario Outline: <tc> a form without a required field is refused (form: instrument; field: <field>; missing: <missing>)
      Given the "administrator" is logged in
      And the form "instrument" is filled in with "id = PR-{new}; kind = plate reader; named = SN-{new}"
      And how the record "instrument/PR-{new}" stands is noted
      When the "administrator" enters that form with the field "<field>" "<missing>"
      Then the system refuses it with the words "<words>"
      And the record noted, its versions and its deviations are as before

      Examples: negative (RA-QC-062; medium priority): each required field is left out and left blank, one at a time; full decision table: t=2, 2 of 2 tuples
        | tc         | field  | missing        | words                 |
        | TC-OQ-0374 | reason | blank          | the reason is missing |
        | TC-OQ-0375 | reason | as spaces only | the reason is missing |
