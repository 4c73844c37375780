# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:ba9f51bb9c74dd0a47c7ea4e0e026a0f113a578c576a5cfc52ab91d86c153b12
# csvgen: body sha256:329699ac1801c04b531bb3ec2dea3221925ea75bf4ceabe7141769aff850dca3
@OQ @URS-QC-093 @RA-QC-093 @risk-high @evidence-every-step
Feature: URS-QC-093 Interfaces in both directions
  Requirement: The system shall receive a message of another system whole, unaltered, once and with every field
  > as sent, refuse or set apart every other message without taking anything of it, and send a certificate so that
  > its receiver can tell by digest and signature that it is whole and from this system.
  Risk: RA-QC-093 Data are lost, altered or doubled between two systems (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-AuditTrail @needs-Interfaces @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 Files of instruments in, certificates out
    Shown by: pattern interface-transfer@1: What another system sends is received whole, unaltered, once and field
    > by field as sent; what is damaged, strange, repeated or out of place is refused or kept apart, and nothing of
    > it is half taken. What the system sends carries every field of its record, and the receiver can tell by digest
    > and signature that it is this and comes from there.

    @positive
    Scenario Outline: <tc> a message is received with every field as it was sent
      Given the "analyst" is logged in
      When the "analyst" hands the message "whole" about lot "RECEIVED" with the signal "1.000" to the interface "instrument files"
      Then the system accepts it
      And each field of the message, "file = name; sha256 = digest; instrument = instrument; sample = sample; method = metadata.method", is in the record of what was received
      And the file "delivered.csv" of lot "RECEIVED" is kept as sent, with the standing "accepted"
      And the file "delivered.csv" of lot "RECEIVED" is registered with the SHA-256 of the file sent

      Examples: positive (RA-QC-093; high priority): each field that was sent is compared with the field that was received, and the stored data with the data sent
        | tc         |
        | TC-OQ-0323 |

    @negative
    Scenario Outline: <tc> a message that is damaged or out of place is refused, and nothing of it is taken
      Given lot "TARGET" is brought to the state "<state>" with the sample signal "1.000"
      And the "analyst" is logged in
      And all that the system holds of lot "TARGET" has been noted
      When the "analyst" hands the message "<message>" about lot "TARGET" with the signal "0.990" to the interface "instrument files"
      Then the system refuses it with the words "<words>"
      And the system holds of lot "TARGET" what was noted, and one entry more that tells of the attempt

      Examples: negative (RA-QC-093; high priority): after each refusal every field, file, result, deviation and signature of the lot is compared with what was there before
        | tc         | message                             | state      | words                             |
        | TC-OQ-0324 | truncated                           | none       | its manifest says                 |
        | TC-OQ-0325 | truncated, without digest           | registered | the file is truncated             |
        | TC-OQ-0326 | one digit altered                   | registered | its manifest says                 |
        | TC-OQ-0327 | for a method that is not registered | none       | no method 'NONE-01' is registered |
        | TC-OQ-0328 | whole                               | released   | cannot take another file          |

    @negative
    Scenario Outline: <tc> a message that comes twice is taken once
      Given the "analyst" is logged in
      When the "analyst" hands the message "whole" about lot "TWICE" with the signal "1.000" to the interface "instrument files"
      Then the system accepts it
      When all that the system holds of lot "TWICE" is noted
      And the "analyst" hands the message "whole" about lot "TWICE" with the signal "1.000" to the interface "instrument files"
      Then the words of the answer hold "registered already"
      And the system holds of lot "TWICE" what was noted, and one entry more that tells of the attempt
      When all that the system holds of lot "TWICE" is noted
      And the "analyst" hands the message "whole, under another name" about lot "TWICE" with the signal "1.000" to the interface "instrument files"
      Then the system refuses it with the words "one measurement counts once"
      And the system holds of lot "TWICE" what was noted, and one entry more that tells of the attempt

      Examples: negative (RA-QC-093; high priority): the same message again, and the same data under another name
        | tc         |
        | TC-OQ-0329 |

    @negative
    Scenario Outline: <tc> a message from an unknown source is kept apart and gives no result
      Given the "analyst" is logged in
      When the "analyst" hands the message "from an unknown source" about lot "STRANGE" with the signal "1.000" to the interface "instrument files"
      Then the system refuses it with the words "is quarantined"
      And the file "delivered.csv" of lot "STRANGE" is kept as sent, with the standing "quarantined"
      When the "analyst" processes lot "STRANGE"
      Then the system refuses it
      And lot "STRANGE" has no reportable result

      Examples: negative (RA-QC-093; high priority): nobody knows who measured it, and nobody may lose it
        | tc         |
        | TC-OQ-0330 |

    @positive
    Scenario Outline: <tc> a message that is sent carries every field of its record, and its receiver can tell that it is whole and from whom
      Given lot "SENT" is brought to the state "released" with the sample signal "1.000"
      When the "analyst" takes the message about lot "SENT" from the interface "certificates"
      Then the system accepts it
      And the receiver computes the digests that the sender declares of the message and of its signed form
      And the receiver finds the signed form whole, signed by the "quality", and vouched for by the authority it was given
      And the message holds under "lot" every field of the record of lot "SENT" with its value, and beside them only "record; sha256; version"

      Examples: positive (RA-QC-093; high priority): digests are computed and the signature is judged on the receiver's side
        | tc         |
        | TC-OQ-0331 |

    @negative
    Scenario Outline: <tc> a record that is not ready to be sent is not sent
      Given lot "KEPT" is brought to the state "<state>" with the sample signal "1.000"
      And the "analyst" is logged in
      When the "analyst" takes the message about lot "KEPT" from the interface "certificates"
      Then the system refuses it with the words "<words>"
      And no message was given out

      Examples: negative (RA-QC-093; high priority): what has left cannot be called back
        | tc         | state    | words                             |
        | TC-OQ-0332 | none     | no lot                            |
        | TC-OQ-0333 | reviewed | it has no certificate of analysis |

    @audit-content
    Scenario Outline: <tc> what comes in and goes out is entered in the audit trail
      Given the "analyst" is logged in
      When the "analyst" hands the message "whole" about lot "ENTERED" with the signal "1.000" to the interface "instrument files"
      Then the system accepts it
      And the audit trail of lot "ENTERED" tells that the "analyst" brought the message in, with the digest of its data
      Given lot "GONE" is brought to the state "released" with the sample signal "1.000"
      When the "analyst" takes the message about lot "GONE" from the interface "certificates"
      Then the system accepts it
      And the audit trail of lot "GONE" ends with the entry "copy" by the "analyst", with the time and its offset

      Examples: audit-content (RA-QC-093; high priority): who brought what in, with its digest, and who took what out
        | tc         |
        | TC-OQ-0334 |
