# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:5db7c83e5698f4cb6bc0381571c79075e3f3cbb3e9d9ac4fb6e8622f6a239a36
# csvgen: body sha256:176893f84e2a9325b426b0d1a7ee3f3345b55335a632a46610c116f7d7469fe8
@OQ @URS-QC-027 @RA-QC-017 @risk-high
Feature: URS-QC-027 Passwords
  Requirement: The system shall refuse passwords shorter than twelve characters, passwords that are trivial,
  > hold the user id or were used before.
  Risk: RA-QC-017 Password guessed (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary

  @needs-Access
  Rule: ac-1 Length and weakness
    Shown by: pattern password-policy@1: Passwords below the minimum length, trivial ones, ones that hold the user
    > id and recent ones are refused.

    @positive
    Scenario Outline: <tc> a good password is accepted
      Given a new account with the role "analyst"
      When the new account sets a password of 24 characters
      Then the system accepts it

      Examples: positive: the valid class
        | tc         |
        | TC-OQ-0128 |

    @negative
    Scenario Outline: <tc> a password below the minimum is refused
      Given a new account with the role "analyst"
      When the new account sets a password of <length> characters
      Then the system refuses it

      Examples: negative: the invalid class next to the limit
        | tc         | length |
        | TC-OQ-0129 | 11     |

    @boundary
    Scenario Outline: <tc> the minimum and one more are accepted
      Given a new account with the role "analyst"
      When the new account sets a password of <length> characters
      Then the system accepts it

      Examples: boundary: first values on the accepted side
        | tc         | length |
        | TC-OQ-0130 | 12     |
        | TC-OQ-0131 | 13     |

    @negative
    Scenario Outline: <tc> a weak password is refused
      Given a new account with the role "analyst"
      When the new account sets a password that "<weak>"
      Then the system refuses it

      Examples: negative: each kind of weak password
        | tc         | weak                  |
        | TC-OQ-0132 | repeats one character |
        | TC-OQ-0133 | holds the user id     |
        | TC-OQ-0134 | was used before       |
