# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:e7dc3419c84e7085d0487aebff888c6e5e4bbbc82c9112e8be61be34b2d754e2
# csvgen: body sha256:55459e70059c18f0091d8f569a91b9416abbec5eb9229eb00a6f8de61af61d2b
@OQ @URS-QC-027 @RA-QC-017 @risk-high @evidence-every-step
Feature: URS-QC-027 Passwords
  Requirement: The system shall refuse passwords that are shorter than twelve characters, have fewer than five
  > different characters, hold the user id, are rows of the keyboard, the alphabet or the digits, consist of
  > listed common words, digits and signs alone, or are one of the person's last five.
  Risk: RA-QC-017 Password guessed (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail
  Rule: ac-1 Length and weakness
    Shown by: pattern password-policy@1: Passwords below the minimum length, easily guessed ones, ones that hold
    > the user id and recent ones are refused.

    @positive
    Scenario Outline: <tc> a good password is accepted
      Given a new account with the role "analyst"
      When the new account sets a password of 24 characters
      Then the system accepts it
      And the password just set opens the new account, and the one before does not

      Examples: positive (RA-QC-017; high priority): the valid class
        | tc         |
        | TC-OQ-0128 |

    @negative
    Scenario Outline: <tc> a password below the minimum is refused (length: <length>)
      Given a new account with the role "analyst"
      When the new account sets a password of <length> characters
      Then the system refuses it with the words "at least 12 characters"
      And the password of the new account still opens it

      Examples: negative (RA-QC-017; high priority): the invalid class next to the limit
        | tc         | length |
        | TC-OQ-0129 | 11     |

    @boundary
    Scenario Outline: <tc> the minimum and one more are accepted (length: <length>)
      Given a new account with the role "analyst"
      When the new account sets a password of <length> characters
      Then the system accepts it
      And the password just set opens the new account, and the one before does not

      Examples: boundary (RA-QC-017; high priority): first values on the accepted side
        | tc         | length |
        | TC-OQ-0130 | 12     |
        | TC-OQ-0131 | 13     |

    @negative
    Scenario Outline: <tc> a weak password is refused for its weakness (weak: <weak>)
      Given a new account with the role "analyst"
      When the new account sets a password that "<weak>"
      Then the system refuses it with the words "<words>"
      And the password of the new account still opens it

      Examples: negative (RA-QC-017; high priority): each kind of weak password, long enough and with but the one weakness
        | tc         | weak                                           | words                                                               |
        | TC-OQ-0193 | repeats one character                          | at least 5 different characters                                     |
        | TC-OQ-0194 | holds the user id                              | may not hold the user id                                            |
        | TC-OQ-0195 | was used before                                | the last 5 passwords may not be used again                          |
        | TC-OQ-0196 | is a common word with digits                   | may not consist of common words, digits and signs alone             |
        | TC-OQ-0197 | is a common word written with digits and signs | may not consist of common words, digits and signs alone             |
        | TC-OQ-0198 | counts digits                                  | may not consist of rows of the keyboard, the alphabet or the digits |
        | TC-OQ-0199 | is a row of the keyboard                       | may not consist of rows of the keyboard, the alphabet or the digits |
        | TC-OQ-0200 | is the alphabet                                | may not consist of rows of the keyboard, the alphabet or the digits |

    @negative
    Scenario Outline: <tc> the oldest of the last passwords is refused
      Given a new account with the role "analyst"
      And the new account has since set 4 other passwords
      When the new account sets its first password again
      Then the system refuses it with the words "the last 5 passwords may not be used again"
      And the password of the new account still opens it

      Examples: negative (RA-QC-017; high priority): last value on the refused side; the last 5 are the first password and those set since
        | tc         |
        | TC-OQ-0201 |

    @boundary
    Scenario Outline: <tc> the password before the last ones is accepted again
      Given a new account with the role "analyst"
      And the new account has since set 5 other passwords
      When the new account sets its first password again
      Then the system accepts it
      And the password just set opens the new account, and the one before does not

      Examples: boundary (RA-QC-017; high priority): first value on the accepted side
        | tc         |
        | TC-OQ-0202 |

    @audit-content
    Scenario Outline: <tc> setting a password and a refusal are on record, the passwords are not (length: <length>)
      Given a new account with the role "analyst"
      And the accounts and the end of the audit trail are noted
      When the new account sets a password of <length> characters
      Then the system refuses it with the words "at least 12 characters"
      And since then the audit trail tells that the "new account" did "set-password-refused" because "at least 12 characters"
      When the new account sets a password of 24 characters
      Then the system accepts it
      And since then the audit trail tells that the "new account" did "password-set"
      And no entry since then holds a password of the new account

      Examples: audit-content (RA-QC-017; high priority): who, when with offset and what; no entry holds a password
        | tc         | length |
        | TC-OQ-0291 | 11     |

    @no-change
    Scenario Outline: <tc> after a refused password the one before still counts (length: <length>)
      Given a new account with the role "analyst"
      And the accounts and the end of the audit trail are noted
      When the new account sets a password of <length> characters
      Then the system refuses it with the words "at least 12 characters"
      And every account is as noted, and there is no other
      And the password the new account had before still opens it, and the refused one does not

      Examples: no-change (RA-QC-017; high priority): the refused one opens nothing, and the account is as it was
        | tc         | length |
        | TC-OQ-0292 | 11     |
