# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:9868fb70d933ffa6249b57f2ebb12ba7d5a208c8bb5837f8e3035a26eda09444
# csvgen: body sha256:91ad738723a9572cf8831804d906e67b2c29d1de3a403c96d7f57c42e55fdc6a
@OQ @URS-QC-102 @RA-QC-102 @risk-high @evidence-every-step
Feature: URS-QC-102 Material of a lot
  Requirement: The system shall take a material only when quality, and not its author, has approved it, give a
  > lot the last day that the rule of its material says or an earlier one, refuse review and release past that
  > day, and name material and days on the certificate.
  Risk: RA-QC-102 A lot is released as something it is not, or past its day (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 Approval, days, release and certificate
    Shown by: pattern lot-material@1: A material counts when quality, and not its author, has approved it. A lot
    > is of a material in the version it was given, with the day it was made and the day it expires or is to be
    > retested, which the rule of the material gives and nobody can put later; a lot past that day is not released,
    > and its certificate names all of it.

    @positive
    Scenario Outline: <tc> made on <made>, <months>-month period: the last day is <ends>
      Given the "analyst" is logged in
      And the "quality" is logged in
      And lot "RULE" has a processed result with the sample signal "1.000"
      And a material by the method "LIN-01" with a <months>-month period of expiry is in force
      When the "analyst" says that lot "RULE" is of that material, made on "<made>", ending on "by the rule"
      Then the system accepts it
      And lot "RULE" is of version 1 of that material, made on "<made>", ending on "<ends>"

      Examples: positive (RA-QC-102; high priority): the same day of the month, or the last one of a month that has no such day
        | tc         | months | made       | ends       |
        | TC-OQ-0749 | 6      | 2023-08-31 | 2024-02-29 |
        | TC-OQ-0750 | 12     | 2024-02-29 | 2025-02-28 |
        | TC-OQ-0751 | 1      | 2024-12-15 | 2025-01-15 |
        | TC-OQ-0752 | 1      | 2024-10-31 | 2024-11-30 |
        | TC-OQ-0753 | 24     | 2024-12-31 | 2026-12-31 |
        | TC-OQ-0754 | 13     | 2023-11-30 | 2024-12-30 |

    @positive
    Scenario Outline: <tc> a lot on its last day is released, and its certificate names what it is
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "NAMED" has a processed result with the sample signal "1.000"
      And a material by the method "LIN-01" with a period of retest of 12 months is in force
      When the "analyst" says that lot "NAMED" is of that material, made on "{today-30}", ending on "{today}"
      Then the system accepts it
      When the "reviewer" signs lot "NAMED" as "reviewed" because "data reviewed"
      Then the system accepts it
      When the "quality" signs lot "NAMED" as "released" because "all results in specification"
      Then the system accepts it
      When the "analyst" asks for the certificate of analysis of lot "NAMED"
      Then the system accepts it
      And the certificate names that material, its manufacturer and specification, made on "{today-30}", with the retest date "{today}"
      When the "analyst" says that lot "NAMED" is of that material, made on "{today-31}", ending on "{today}"
      Then the system refuses it because the lot is "released"

      Examples: positive (RA-QC-102; high priority): material, manufacturer, specification and both days, in data and on paper
        | tc         |
        | TC-OQ-0755 |

    @positive
    Scenario Outline: <tc> where it is not asked for, a certificate says that no material is stated
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "UNNAMED" has a processed result with the sample signal "1.000"
      And lot "UNNAMED" has been reviewed
      When the "quality" signs lot "UNNAMED" as "released" because "all results in specification"
      Then the system accepts it
      When the "analyst" asks for the certificate of analysis of lot "UNNAMED"
      Then the system accepts it
      And the certificate names no material, and says so

      Examples: positive (RA-QC-102; high priority): what nobody said is printed as not stated, never left out
        | tc         |
        | TC-OQ-0756 |

    @boundary
    Scenario Outline: <tc> days that can be: <case>
      Given the "analyst" is logged in
      And the "quality" is logged in
      And lot "POSSIBLE" has a processed result with the sample signal "1.000"
      And a material by the method "LIN-01" with a period of expiry of 12 months is in force
      When the "analyst" says that lot "POSSIBLE" is of that material, made on "<made>", ending on "<ends>"
      Then the system accepts it
      And lot "POSSIBLE" is of version 1 of that material, made on "<made>", ending on "<ends>"

      Examples: boundary (RA-QC-102; high priority): the ends of what can be
        | tc         | case                      | made       | ends       |
        | TC-OQ-0757 | made today                | {today}    | {today+1}  |
        | TC-OQ-0758 | the last day of the rule  | 2024-02-29 | 2025-02-28 |
        | TC-OQ-0759 | the day after it was made | 2024-02-29 | 2024-03-01 |

    @negative
    Scenario Outline: <tc> days that cannot be: <case>
      Given the "analyst" is logged in
      And the "quality" is logged in
      And lot "WRONG" has a processed result with the sample signal "1.000"
      And a material by the method "LIN-01" with a period of expiry of 12 months is in force
      When the "analyst" says that lot "WRONG" is of that material, made on "<made>", ending on "<ends>"
      Then the system refuses it with the words "<words>"
      And lot "WRONG" is of no material

      Examples: negative (RA-QC-102; high priority): a lot is not made tomorrow, and does not live longer than its rule
        | tc         | case                      | made        | ends        | words                                |
        | TC-OQ-0760 | made tomorrow             | {today+1}   | by the rule | that day has not come yet            |
        | TC-OQ-0761 | a day later than the rule | 2024-02-29  | 2025-03-01  | on 2025-02-28 at the latest          |
        | TC-OQ-0762 | the day it was made       | 2024-02-29  | 2024-02-29  | and after it was made                |
        | TC-OQ-0763 | no such day               | 2024-02-30  | by the rule | the day of manufacture must be a day |
        | TC-OQ-0764 | no day at all             | by the rule | by the rule | the day of manufacture must be a day |
        | TC-OQ-0765 | no such last day          | 2024-02-29  | soon        | the expiry date must be a day        |

    @negative
    Scenario Outline: <tc> a lot past its day is neither reviewed nor released
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "PAST" has a processed result with the sample signal "1.000"
      And a material by the method "LIN-01" with a 1-month period of expiry is in force
      When the "analyst" says that lot "PAST" is of that material, made on "{today-30}", ending on "{today-1}"
      Then the system accepts it
      When the "reviewer" signs lot "PAST" as "reviewed" because "data reviewed"
      Then the system refuses it with the words "is past"
      And the work list of the "auditor" says that lot "PAST" is "processed" and waits for "analyst": "what the lot is"

      Examples: negative (RA-QC-102; high priority): the day before yesterday was its last
        | tc         |
        | TC-OQ-0766 |

    @negative
    Scenario Outline: <tc> a material counts when quality has approved it, and not its author; an older change does not follow a newer one
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "GATE" has a processed result with the sample signal "1.000"
      And a material by the method "LIN-01" with a period of expiry of 12 months waits for its approval
      When the "analyst" says that lot "GATE" is of that material, made on "{today-30}", ending on "by the rule"
      Then the system refuses it with the words "is registered"
      When the "reviewer" approves the material
      Then the system refuses it for lack of authority
      When the "quality" approves the material
      Then the system accepts it
      When two changes of the material are proposed, and the second is approved
      Then the system accepts it
      When the "quality" approves the material
      Then the system refuses it with the words "was written against version 1"
      When the "reviewer" says that lot "GATE" is of that material, made on "{today-30}", ending on "by the rule"
      Then the system refuses it for lack of authority
      When the "analyst" says that lot "GATE" is of that material, made on "{today-30}", ending on "{today+30}"
      Then the system accepts it
      And lot "GATE" is of version 2 of that material, made on "{today-30}", ending on "{today+30}"
      When the "analyst" says that lot "GATE" is of that material, made on "{today-30}", ending on "{today+30}"
      Then the system refuses it with the words "says this already"
      When the "analyst" says that lot "GATE" is of the material "MT-NOT-THERE", made on "{today-30}", ending on "by the rule"
      Then the system refuses it with the words "is registered"

      Examples: negative (RA-QC-102; high priority): before, by whom, and in which order
        | tc         |
        | TC-OQ-0767 |

    @negative
    Scenario Outline: <tc> an author who is of quality too does not approve the own material
      Given the "analyst" is logged in
      And a material by the method "LIN-01" of an author who is of quality too waits for its approval
      When its author approves the material
      Then the system refuses it by the rule "RR-G02"
      When the "quality" approves the material
      Then the system accepts it

      Examples: negative (RA-QC-102; high priority): the rule of two persons; the material waits for its approval as before, and another person gives it
        | tc         |
        | TC-OQ-0768 |

    @negative
    Scenario Outline: <tc> a lot tested by another method is no lot of the material
      Given the "analyst" is logged in
      And the "quality" is logged in
      And lot "OTHER" has a processed result with the sample signal "1.000"
      And a material by the method "BCA-01" with a period of expiry of 12 months is in force
      When the "analyst" says that lot "OTHER" is of that material, made on "{today-30}", ending on "by the rule"
      Then the system refuses it with the words "is tested by"
      And lot "OTHER" is of no material

      Examples: negative (RA-QC-102; high priority): limits and method belong together
        | tc         |
        | TC-OQ-0769 |

    @negative
    Scenario Outline: <tc> saying what a lot is after its review makes the review void
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "VOID" has a processed result with the sample signal "1.000"
      And lot "VOID" has been reviewed
      And a material by the method "LIN-01" with a period of expiry of 12 months is in force
      When the "analyst" says that lot "VOID" is of that material, made on "{today-30}", ending on "by the rule"
      Then the system accepts it
      And the signature of the "reviewer" on lot "VOID" is shown as void
      And lot "VOID" is in the state "processed"

      Examples: negative (RA-QC-102; high priority): what was signed did not say it
        | tc         |
        | TC-OQ-0770 |
