# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:946837f16ced8cd47ca23eec5bbfff9007c92657b53de2f01859d62957379b76
# csvgen: body sha256:6b532dd6930ee23a445fbf857c1e3b59f420f62e4a9e231a8b20f1f55daebc50
@OQ @URS-QC-017 @RA-QC-012 @risk-high @evidence-every-step
Feature: URS-QC-017 Components of a signature
  Requirement: The system shall take user id and password for the first signature of a session and at least the
  > password for each later one. A session that has ended takes no signature; the first one of the next session
  > takes both again.
  Risk: RA-QC-012 Signature made by somebody else (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 First and later signing
    Shown by: pattern signature-components@1: The first signing of a session takes user id and password at the act
    > of signing; a later one at least the password. Being logged in is not enough.

    @positive
    Scenario Outline: <tc> both components sign
      Given the "analyst" is logged in
      And lot "SIGNED" has a processed result with the sample signal "1.000"
      And the "reviewer" is logged in anew
      When the "reviewer" signs lot "SIGNED" as "reviewed" entering "user id and password"
      Then the system accepts it
      And lot "SIGNED" is in the state "reviewed"
      And the signature of the "reviewer" on lot "SIGNED" is valid
      And the signed record of the "reviewer" on lot "SIGNED" names person, "reviewed" and the components "user id, password"

      Examples: positive (RA-QC-012; high priority): first signing of a session
        | tc         |
        | TC-OQ-0064 |

    @positive
    Scenario Outline: <tc> a later signing of the session takes the password
      Given the "analyst" is logged in
      And lot "FIRST" has a processed result with the sample signal "1.000"
      And lot "SECOND" has a processed result with the sample signal "1.000"
      And the "reviewer" is logged in anew
      When the "reviewer" signs lot "FIRST" as "reviewed" entering "user id and password"
      Then the system accepts it
      When the "reviewer" signs lot "SECOND" as "reviewed" entering "password"
      Then the system accepts it
      And lot "SECOND" is in the state "reviewed"
      And the signature of the "reviewer" on lot "SECOND" is valid
      And the signed record of the "reviewer" on lot "SECOND" names person, "reviewed" and the components "password"

      Examples: positive (RA-QC-012; high priority): later signing in one continuous session
        | tc         |
        | TC-OQ-0065 |

    @negative
    Scenario Outline: <tc> anything less does not sign (components: <components>)
      Given the "analyst" is logged in
      And lot "UNSIGNED" has a processed result with the sample signal "1.000"
      And the "reviewer" is logged in anew
      When the "reviewer" signs lot "UNSIGNED" as "reviewed" entering "<components>"
      Then the system refuses it because of the "credentials"
      And lot "UNSIGNED" carries no signature

      Examples: negative (RA-QC-012; high priority): each missing or wrong component, right after log-in
        | tc         | components               |
        | TC-OQ-0066 | user id                  |
        | TC-OQ-0067 | nothing                  |
        | TC-OQ-0068 | a wrong password         |
        | TC-OQ-0069 | another person's user id |
        | TC-OQ-0172 | password                 |

    @negative
    Scenario Outline: <tc> a later signing without the right password does not sign (components: <components>)
      Given the "analyst" is logged in
      And lot "FIRST" has a processed result with the sample signal "1.000"
      And lot "UNSIGNED" has a processed result with the sample signal "1.000"
      And the "reviewer" is logged in anew
      When the "reviewer" signs lot "FIRST" as "reviewed" entering "user id and password"
      Then the system accepts it
      When the "reviewer" signs lot "UNSIGNED" as "reviewed" entering "<components>"
      Then the system refuses it because of the "credentials"
      And lot "UNSIGNED" carries no signature

      Examples: negative (RA-QC-012; high priority): each missing or wrong component, after a first signing in the same session
        | tc         | components               |
        | TC-OQ-0173 | nothing                  |
        | TC-OQ-0174 | user id                  |
        | TC-OQ-0175 | a wrong password         |
        | TC-OQ-0176 | another person's user id |

    @negative
    Scenario Outline: <tc> after the session has ended the first signing takes both components again
      Given the "analyst" is logged in
      And lot "FIRST" has a processed result with the sample signal "1.000"
      And lot "AFTER" has a processed result with the sample signal "1.000"
      And the "reviewer" is logged in anew
      When the "reviewer" signs lot "FIRST" as "reviewed" entering "user id and password"
      Then the system accepts it
      When 5.3 seconds pass without use of the session of the "reviewer"
      And the "reviewer" signs lot "AFTER" as "reviewed" entering "user id and password"
      Then the system refuses it because of the "session"
      Given the "reviewer" is logged in anew
      When the "reviewer" signs lot "AFTER" as "reviewed" entering "password"
      Then the system refuses it because of the "credentials"
      When the "reviewer" signs lot "AFTER" as "reviewed" entering "user id and password"
      Then the system accepts it
      And the signed record of the "reviewer" on lot "AFTER" names person, "reviewed" and the components "user id, password"

      Examples: negative (RA-QC-012; high priority): signings that are not made in one continuous period of controlled access
        | tc         |
        | TC-OQ-0177 |

    @audit-content
    Scenario Outline: <tc> a signature and a refused signing are on record (components: <components>)
      Given the "analyst" is logged in
      And lot "SIGNED" has a processed result with the sample signal "1.000"
      And the accounts and the end of the audit trail are noted
      And the "reviewer" is logged in anew
      When the "reviewer" signs lot "SIGNED" as "reviewed" entering "<components>"
      Then the system refuses it because of the "credentials"
      When the "reviewer" signs lot "SIGNED" as "reviewed" entering "user id and password"
      Then the system accepts it
      And since then the audit trail tells that the "reviewer" did "sign-reviewed-refused"
      And since then the audit trail tells that the "reviewer" did "sign"

      Examples: audit-content (RA-QC-012; high priority): who, when with offset, which signing and why it was refused
        | tc         | components               |
        | TC-OQ-0269 | user id                  |
        | TC-OQ-0270 | nothing                  |
        | TC-OQ-0271 | a wrong password         |
        | TC-OQ-0272 | another person's user id |
        | TC-OQ-0273 | password                 |
