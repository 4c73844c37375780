# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:a800e75c9860f839b759f1004a71a38d6ef7d8c663d27aba352f4896755977f0
# csvgen: body sha256:6c068bca3fa3da3a89d0995f37062d547506e1b084ca3a72be0899ac817b2c3e
@OQ @URS-QC-104 @RA-QC-104 @risk-high @evidence-every-step
Feature: URS-QC-104 A lost device
  Requirement: The system shall put a device for one-time codes out of use when its owner or an administrator
  > reports it lost, end the sessions of its owner, and take another one only from its owner after somebody else
  > has verified the identity anew.
  Risk: RA-QC-104 Somebody signs with a device that was lost (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Pipeline @needs-Records @needs-SecondFactor
  Rule: ac-1 Report, identity check, another device
    Shown by: pattern lost-device@1: A device for one-time codes that is reported lost is out of use at once, with
    > the sessions of its owner; another one is enrolled by its owner alone, after somebody else has verified the
    > identity anew.

    @positive
    Scenario Outline: <tc> a lost device is replaced after the identity was verified anew
      Given a system in which every signature takes a one-time code beside the password
      And a person with a device for one-time codes
      When the "owner" reports the device of the person lost because "left on a train"
      Then the system accepts it
      And the session of the person has ended with the report
      And the audit trail tells of "device-lost" about the person by the "owner" because "left on a train"
      When the person signs with the right password and "the code of now"
      Then the system refuses it with the words "the device for one-time codes was reported lost"
      When the person begins with another device, giving "the password"
      Then the system refuses it with the words "the identity has to be verified again"
      When the person sets another password
      Then the system refuses it with the words "has to be verified again first"
      When the "administrator" puts on record that the identity of the person was verified by "passport seen"
      Then the system accepts it
      And the record of the person says that the identity was verified by "passport seen", by the "administrator", today
      When the person begins with another device, giving "a wrong password"
      Then the system refuses it because of the "credentials"
      When the person begins with another device, giving "the password"
      Then the system accepts it
      When the person confirms it with "another code"
      Then the system refuses it with the words "not the code of the new device"
      When the person confirms it with "its code"
      Then the system accepts it
      When the person signs with the right password and "the code of now"
      Then the system accepts the code
      When the person begins with another device, giving "the password"
      Then the system refuses it with the words "a device is enrolled"

      Examples: positive (RA-QC-104; high priority): reported by its owner, or by an administrator; the old one no more, the new one from its first code on
        | tc         |
        | TC-OQ-0775 |

    @positive
    Scenario Outline: <tc> an administrator reports a device lost, and gains nothing by it
      Given a system in which every signature takes a one-time code beside the password
      And a person with a device for one-time codes
      When the "administrator" reports the device of the person lost because "found in a drawer"
      Then the system accepts it
      And the audit trail tells of "device-lost" about the person by the "administrator" because "found in a drawer"
      When the person signs with the right password and "the code of now"
      Then the system refuses it with the words "reported lost"
      When the "administrator" reports the device of the person lost because "found in a drawer"
      Then the system refuses it with the words "has no device in use"

      Examples: positive (RA-QC-104; high priority): the owner does not sign any more, nor does anybody for them
        | tc         |
        | TC-OQ-0776 |

    @negative
    Scenario Outline: <tc> nobody else reports a device, without reason, or vouches for an identity without being entitled to
      Given a system in which every signature takes a one-time code beside the password
      And a person with a device for one-time codes
      When the "somebody else" reports the device of the person lost because "seen with others"
      Then the system refuses it by the rule "RR-P03"
      When the "owner" reports the device of the person lost because " "
      Then the system refuses it with the words "the reason is missing"
      When the "somebody else" puts on record that the identity of the person was verified by "passport seen"
      Then the system refuses it for lack of authority
      When the "owner" puts on record that the identity of the person was verified by "passport seen"
      Then the system refuses it for lack of authority
      When the "administrator" puts on record that the identity of the person was verified by " "
      Then the system refuses it with the words "the method is missing"
      When the "administrator" puts on record that the identity of nobody was verified
      Then the system refuses it with the words "no account"
      When the person signs with the right password and "the code of now"
      Then the system accepts the code

      Examples: negative (RA-QC-104; high priority): whoever could, could lock others out, or let themselves in
        | tc         |
        | TC-OQ-0777 |
