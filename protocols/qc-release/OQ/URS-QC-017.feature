# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:120889647c38c28a3f5360bec3effaf1eb58396fe4416cf6d2df6459a40a370f
# csvgen: body sha256:8332e0687f20ffd75eabb23b965913f1d84596177e47085928c3141f3b0ee416
@OQ @URS-QC-017 @RA-QC-012 @risk-high
Feature: URS-QC-017 Components of a signature
  Requirement: The system shall take user id and password for the first signature of a session and at least the
  > password for each later one.
  Risk: RA-QC-012 Signature made by somebody else (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary

  @needs-Access @needs-Pipeline @needs-Signing
  Rule: ac-1 First and later signing
    Shown by: pattern signature-components@1: The first signing of a session takes user id and password at the act
    > of signing; a later one at least the password. Being logged in is not enough.

    @positive
    Scenario Outline: <tc> both components sign
      Given the "analyst" is logged in
      And the "reviewer" is logged in anew
      And lot "SIGNED" has a processed result with the sample signal "1.000"
      When the "reviewer" signs lot "SIGNED" as "reviewed" entering "user id and password"
      Then the system accepts it

      Examples: positive: first signing of a session
        | tc         |
        | TC-OQ-0064 |

    @positive
    Scenario Outline: <tc> a later signing of the session takes the password
      Given the "analyst" is logged in
      And the "reviewer" is logged in anew
      And lot "FIRST" has a processed result with the sample signal "1.000"
      And lot "SECOND" has a processed result with the sample signal "1.000"
      When the "reviewer" signs lot "FIRST" as "reviewed" entering "user id and password"
      And the "reviewer" signs lot "SECOND" as "reviewed" entering "password"
      Then the system accepts it

      Examples: positive: later signing in one continuous session
        | tc         |
        | TC-OQ-0065 |

    @negative
    Scenario Outline: <tc> anything less does not sign
      Given the "analyst" is logged in
      And the "reviewer" is logged in anew
      And lot "UNSIGNED" has a processed result with the sample signal "1.000"
      When the "reviewer" signs lot "UNSIGNED" as "reviewed" entering "<components>"
      Then the system refuses it
      And lot "UNSIGNED" carries no signature

      Examples: negative: each missing or wrong component, right after log-in
        | tc         | components               |
        | TC-OQ-0066 | user id                  |
        | TC-OQ-0067 | nothing                  |
        | TC-OQ-0068 | a wrong password         |
        | TC-OQ-0069 | another person's user id |
