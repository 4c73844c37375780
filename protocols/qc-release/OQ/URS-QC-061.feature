# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:86d887a3c2756e5d0f162547fecf71de763b095ec0779426f5cc0a838deb185f
# csvgen: body sha256:9eb5f2823190488349f3665de26b25283510c35ecf3f3f084654e132f20ce25f
@OQ @URS-QC-061 @RA-QC-061 @risk-medium
Feature: URS-QC-061 Listed values
  Requirement: The system shall take as the period of a material the listed values expiry and retest alone, in
  > that very spelling.
  Risk: RA-QC-061 A word that is not listed decides on the use of a material (class 2, priority medium)
  Depth: medium priority asks for positive, negative, boundary, combination; combinations of 2 values; evidence
  > of what is observed (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Entry @needs-Records
  Rule: ac-1 Period of a material
    Shown by: pattern enumeration@1: Every listed value is taken as it was entered; anything else is refused: a
    > value that is not listed, a listed one in another spelling, a blank. In what is filled in, {new} stands for a
    > name no other case uses.

    @positive
    Scenario Outline: <tc> every listed value is taken as entered (form: material; field: period; listed: <listed>)
      Given the "analyst" is logged in
      And the form "material" is filled in with "ticket = CHG-{new}; id = MAT-{new}; name = Example substance; grade = Ph. Eur.; manufacturer = Example Works; address = 1 Example Street; laboratory = {blank}; specification = SPEC-0042 version 3; method = LIN-01; period = expiry; months = 24"
      When the "analyst" enters that form with "<listed>" as "period"
      Then the system accepts it
      And the record that came of it shows "period" as "<listed>"

      Examples: positive (RA-QC-061; medium priority): each value of the list is a class of its own; read back from the record and compared exactly
        | tc         | listed |
        | TC-OQ-0359 | expiry |
        | TC-OQ-0360 | retest |

    @negative
    Scenario Outline: <tc> a value that is not listed is refused (form: material; field: period; unlisted: <unlisted>)
      Given the "analyst" is logged in
      And the form "material" is filled in with "ticket = CHG-{new}; id = MAT-{new}; name = Example substance; grade = Ph. Eur.; manufacturer = Example Works; address = 1 Example Street; laboratory = {blank}; specification = SPEC-0042 version 3; method = LIN-01; period = expiry; months = 24"
      And how the record "material/MAT-{new}" stands is noted
      When the "analyst" enters that form with "<unlisted>" as "period"
      Then the system refuses it with the words "period: must be 'expiry' or 'retest'"
      And the record noted, its versions and its deviations are as before

      Examples: negative (RA-QC-061; medium priority): values that somebody may believe to be on the list, and one that is no word
        | tc         | unlisted   |
        | TC-OQ-0361 | shelf life |

    @negative
    Scenario Outline: <tc> a listed value in another spelling, and a blank, are refused (form: material; field: period; written: <written>)
      Given the "analyst" is logged in
      And the form "material" is filled in with "ticket = CHG-{new}; id = MAT-{new}; name = Example substance; grade = Ph. Eur.; manufacturer = Example Works; address = 1 Example Street; laboratory = {blank}; specification = SPEC-0042 version 3; method = LIN-01; period = expiry; months = 24"
      And how the record "material/MAT-{new}" stands is noted
      When the "analyst" enters that form with "expiry" as "period", written "<written>"
      Then the system refuses it with the words "period: must be 'expiry' or 'retest'"
      And the record noted, its versions and its deviations are as before

      Examples: negative (RA-QC-061; medium priority): a spelling that is taken for the value in one place and for another in the next makes two values of one
        | tc         | written               |
        | TC-OQ-0362 | in upper case         |
        | TC-OQ-0363 | with a trailing space |
        | TC-OQ-0364 | blank                 |
