# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:52362519c62dae23d241c027869d82e65236a1c818b95f40425e5a1cc2eb4b8f
# csvgen: body sha256:95868b617743752ec657bd7f7b078cb56ed4aa12c4f9618b619a71611385dfbf
@OQ @URS-QC-066 @RA-QC-066 @risk-medium
Feature: URS-QC-066 Days of a procedure together
  Requirement: The system shall take the first and the last day of a procedure together with its version and
  > title, and refuse a last day that lies before the first.
  Risk: RA-QC-066 Days that contradict each other (class 2, priority medium)
  Depth: medium priority asks for positive, negative, boundary, combination; combinations of 2 values; evidence
  > of what is observed (policy default@1)

  @needs-Access @needs-Entry @needs-Installation @needs-Records
  Rule: ac-1 First day, last day, version, title
    Shown by: pattern field-combination@1: Fields that depend on each other are judged together. Values that are
    > each valid are combined; what may stand together is taken as entered, what may not is refused. In what is
    > filled in, {new} stands for a name no other case uses, {blank} for nothing, and {today+1} for the day after
    > the system's own.

    @combination
    Scenario Outline: <tc> values that go together are taken as entered (form: procedure; effective_from: <first>; effective_until: <second>; version: <third>; title: <fourth>)
      Given the "quality" is logged in
      And the form "procedure" is filled in with "id = SOP-{new}"
      When the "quality" enters that form with "<first>" as "effective_from", "<second>" as "effective_until", "<third>" as "version" and "<fourth>" as "title"
      Then the system accepts it
      And the record that came of it holds every value exactly as it was entered

      Examples: combination (RA-QC-066; medium priority): first is effective_from, second effective_until, third version, fourth title; covering array together with refused: t=2, 23 of 23 tuples
        | tc         | first      | second     | third | fourth                |
        | TC-OQ-0404 | {today}    | {blank}    | 1     | Cleaning of glassware |
        | TC-OQ-0405 | {today}    | {today+30} | 2.1-a | Cleaning of glassware |
        | TC-OQ-0406 | {today}    | {today+29} | 1     | Cleaning of glassware |
        | TC-OQ-0407 | {today+30} | {blank}    | 2.1-a | Cleaning of glassware |
        | TC-OQ-0408 | {today+30} | {today+30} | 1     | Cleaning of glassware |

    @combination
    Scenario Outline: <tc> values that do not go together are refused (form: procedure; effective_from: <first>; effective_until: <second>; version: <third>; title: <fourth>)
      Given the "quality" is logged in
      And the form "procedure" is filled in with "id = SOP-{new}"
      When the "quality" enters that form with "<first>" as "effective_from", "<second>" as "effective_until", "<third>" as "version" and "<fourth>" as "title"
      Then the system refuses it with the words "<words>"

      Examples: combination (RA-QC-066; medium priority): first is effective_from, second effective_until, third version, fourth title; covering array together with accepted: t=2, 23 of 23 tuples
        | tc         | first      | second     | third | fourth                | words         |
        | TC-OQ-0409 | {today+30} | {today+29} | 2.1-a | Cleaning of glassware | cannot end on |
