# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:16a88a46c8320498a15897c43afabf82301916e41b2faab0a844a2d94d569358
# csvgen: body sha256:0e32519aeb9779963c373ce2cad5fe236f8fb4397f54986611063bef8d718a29
@OQ @URS-QC-064 @RA-QC-064 @risk-high @evidence-every-step
Feature: URS-QC-064 Ids and numbers given once
  Requirement: The system shall give the id of an instrument and the number of a calibration certificate of an
  > instrument once, whatever its spelling, and never again after the instrument was retired.
  Risk: RA-QC-064 Two things under one id (class 2, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Entry @needs-Records
  Rule: ac-1 Id of an instrument
    Shown by: pattern uniqueness@1: A key that was given once is never given again: not to a second record, not in
    > another spelling, not after the record was retired. In what is filled in, {new} stands for a name no other
    > case uses.

    @positive
    Scenario Outline: <tc> a new key is taken as entered (form: instrument)
      Given the "administrator" is logged in
      And the form "instrument" is filled in with "id = PR-{new}; kind = plate reader; named = SN-{new}"
      When the "administrator" enters that form
      Then the system accepts it
      And the record that came of it holds every value exactly as it was entered

      Examples: positive (RA-QC-064; high priority): the key is free; every value is read back from the record and compared exactly
        | tc         |
        | TC-OQ-0388 |

    @negative
    Scenario Outline: <tc> a taken key is refused (form: instrument)
      Given the "administrator" is logged in
      And the form "instrument" is filled in with "id = PR-{new}; kind = plate reader; named = SN-{new}"
      And the "administrator" has entered that form
      And how the record "instrument/PR-{new}" stands is noted
      When the "administrator" enters that form
      Then the system refuses it with the words "is registered already; ids are never given again"
      And the record noted, its versions and its deviations are as before

      Examples: negative (RA-QC-064; high priority): the same key a second time
        | tc         |
        | TC-OQ-0389 |

    @negative
    Scenario Outline: <tc> a taken key in another spelling is refused (form: instrument; field: id; written: <written>)
      Given the "administrator" is logged in
      And the form "instrument" is filled in with "id = PR-{new}; kind = plate reader; named = SN-{new}"
      And the "administrator" has entered that form
      And how the record "instrument/PR-{new}" stands is noted
      When the "administrator" enters that form with the field "id" "<written>"
      Then the system refuses it with the words "<words>"
      And the record noted, its versions and its deviations are as before

      Examples: negative (RA-QC-064; high priority): two keys that people take for one are one: other case, spaces, full-width letters, look-alike letters
        | tc         | written                           | words                                                    |
        | TC-OQ-0390 | in lower case                     | id: is not written as it must be: a capital letter, then |
        | TC-OQ-0391 | with a Cyrillic look-alike letter | id: is not written as it must be: a capital letter, then |

    @negative
    Scenario Outline: <tc> the key of a retired record is refused (form: instrument)
      Given the "administrator" is logged in
      And the form "instrument" is filled in with "id = PR-{new}; kind = plate reader; named = SN-{new}"
      And the "administrator" has entered that form
      And the "administrator" has entered the form "retirement" with "source = instrument/PR-{new}"
      And how the record "instrument/PR-{new}" stands is noted
      When the "administrator" enters that form
      Then the system refuses it with the words "is registered already; ids are never given again"
      And the record noted, its versions and its deviations are as before

      Examples: negative (RA-QC-064; high priority): a key that comes back makes two things of one in every record that names it
        | tc         |
        | TC-OQ-0392 |

    @no-change
    Scenario Outline: <tc> a refused key leaves the record that has it as it was (form: instrument)
      Given the "administrator" is logged in
      And the form "instrument" is filled in with "id = PR-{new}; kind = plate reader; named = SN-{new}"
      And the "administrator" has entered that form
      And what the system holds of "instrument/PR-{new}" is noted
      When the "administrator" enters that form
      Then the system refuses it with the words "is registered already; ids are never given again"
      And the record noted, its versions and its deviations are as before
      And the audit trail has grown by the refusal alone

      Examples: no-change (RA-QC-064; high priority): after the refusal the record and the audit trail are looked at
        | tc         |
        | TC-OQ-0393 |

  @needs-Access @needs-AuditTrail @needs-Entry @needs-Records
  Rule: ac-2 Number of a calibration certificate
    Shown by: pattern uniqueness@1: A key that was given once is never given again: not to a second record, not in
    > another spelling, not after the record was retired. In what is filled in, {new} stands for a name no other
    > case uses.

    @positive
    Scenario Outline: <tc> a new key is taken as entered (form: calibration)
      Given the "administrator" is logged in
      And the form "calibration" is filled in with "instrument = PR-001; certificate = CAL-{new}; calibrated_on = {today}; calibration_due = {today+365}"
      When the "administrator" enters that form
      Then the system accepts it
      And the record that came of it holds every value exactly as it was entered

      Examples: positive (RA-QC-064; high priority): the key is free; every value is read back from the record and compared exactly
        | tc         |
        | TC-OQ-0394 |

    @negative
    Scenario Outline: <tc> a taken key is refused (form: calibration)
      Given the "administrator" is logged in
      And the form "calibration" is filled in with "instrument = PR-001; certificate = CAL-{new}; calibrated_on = {today}; calibration_due = {today+365}"
      And the "administrator" has entered that form
      And how the record "instrument/PR-001" stands is noted
      When the "administrator" enters that form
      Then the system refuses it with the words "is registered for PR-001 already"
      And the record noted, its versions and its deviations are as before

      Examples: negative (RA-QC-064; high priority): the same key a second time
        | tc         |
        | TC-OQ-0395 |

    @negative
    Scenario Outline: <tc> a taken key in another spelling is refused (form: calibration; field: certificate; written: <written>)
      Given the "administrator" is logged in
      And the form "calibration" is filled in with "instrument = PR-001; certificate = CAL-{new}; calibrated_on = {today}; calibration_due = {today+365}"
      And the "administrator" has entered that form
      And how the record "instrument/PR-001" stands is noted
      When the "administrator" enters that form with the field "certificate" "<written>"
      Then the system refuses it with the words "<words>"
      And the record noted, its versions and its deviations are as before

      Examples: negative (RA-QC-064; high priority): two keys that people take for one are one: other case, spaces, full-width letters, look-alike letters
        | tc         | written               | words                            |
        | TC-OQ-0396 | in lower case         | is registered for PR-001 already |
        | TC-OQ-0397 | with a trailing space | not a certificate number         |

    @no-change
    Scenario Outline: <tc> a refused key leaves the record that has it as it was (form: calibration)
      Given the "administrator" is logged in
      And the form "calibration" is filled in with "instrument = PR-001; certificate = CAL-{new}; calibrated_on = {today}; calibration_due = {today+365}"
      And the "administrator" has entered that form
      And what the system holds of "instrument/PR-001" is noted
      When the "administrator" enters that form
      Then the system refuses it with the words "is registered for PR-001 already"
      And the record noted, its versions and its deviations are as before
      And the audit trail has grown by the refusal alone

      Examples: no-change (RA-QC-064; high priority): after the refusal the record and the audit trail are looked at
        | tc         |
        | TC-OQ-0398 |
