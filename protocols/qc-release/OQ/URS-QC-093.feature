# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:9110e273b3f229a18a8aba594c4d088ff8aef4805c3a3f93d394c14b0c75ee69
# csvgen: body sha256:ebdf2c850577895b914338ab2ed257f4722fc89d7a828c5b3a26dbf988d9f891
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
    Scenario Outline: <tc> a message that is damaged or out of place is refused, and nothing of it is taken (message: <message>; state: <state>)
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
      Then the words of the answer hold "accepted: file delivered.csv is registered already as version 1 with these bytes; nothing was added"
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
    Scenario Outline: <tc> a record that is not ready to be sent is not sent (state: <state>)
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

  @needs-Access @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-2 Instrument files with a defect
    Shown by: pattern malformed-file@1: A file that is whole is taken; the same file with one defect is refused in
    > words that name the defect and its place, and nothing of it is kept.

    @positive
    Scenario Outline: <tc> a file without defect is taken (file: <file>)
      Given the "analyst" is logged in
      When the file "<file>" is brought in as lot "WHOLE" from instrument "<instrument>" by method "<method>" as sample "<sample>"
      Then the system accepts it
      And the file "<file>" of lot "WHOLE" is registered with the SHA-256 of the file sent
      And the record of the file "<file>" of lot "WHOLE" names the "analyst", instrument "<instrument>" and the UTC time of receipt

      Examples: positive (RA-QC-093; high priority): a refusal of the same file with a defect is then due to the defect
        | tc         | file               | instrument | method | sample      |
        | TC-OQ-0523 | forms/plate-1.csv  | PR-001     | LIN-01 | S1          |
        | TC-OQ-0524 | forms/plate-2.csv  | PR-001     | LIN-01 | S1          |
        | TC-OQ-0525 | peaks-lot-a.csv    | HP-001     | LIN-01 | S1          |
        | TC-OQ-0526 | forms/peaks-2.csv  | HP-001     | LIN-01 | S1          |
        | TC-OQ-0527 | gen5-bca-plate.txt | PR-001     | BCA-01 | SPL1        |
        | TC-OQ-0528 | empower-pq.json    | HP-001     | LCA-01 | PQ Std 5.0x |

    @negative
    Scenario Outline: <tc> a file with a defect is refused: <case>
      Given the "analyst" is logged in
      When the file "<file>" is brought in as lot "DEFECT" from instrument "<instrument>" by method "<method>", with the defect "<defect>"
      Then the system refuses it with the words "<words>"
      And the system holds nothing of lot "DEFECT"

      Examples: negative (RA-QC-093; high priority): one defect a row; the words tell which it is and where it stands
        | tc         | case                                      | file               | instrument | method | defect                                                                                                                                                                           | words                                                                                                                 |
        | TC-OQ-0529 | plate: empty                              | forms/plate-1.csv  | PR-001     | LIN-01 | it is empty                                                                                                                                                                      | plate-1.csv: the file is empty                                                                                        |
        | TC-OQ-0530 | plate: byte order mark                    | forms/plate-1.csv  | PR-001     | LIN-01 | a byte order mark before it                                                                                                                                                      | plate-1.csv:1: the file was re-encoded: it begins with a byte order mark                                              |
        | TC-OQ-0531 | plate: UTF-16                             | forms/plate-1.csv  | PR-001     | LIN-01 | in UTF-16                                                                                                                                                                        | plate-1.csv:1: the file was re-encoded: it begins with a byte order mark                                              |
        | TC-OQ-0532 | plate: Latin-1                            | forms/plate-1.csv  | PR-001     | LIN-01 | in Latin-1                                                                                                                                                                       | plate-1.csv:10: the file was re-encoded: a sign of this line is not in UTF-8                                          |
        | TC-OQ-0533 | plate: unknown form                       | forms/plate-1.csv  | PR-001     | LIN-01 | line 1 is: #qc-plate/9                                                                                                                                                           | plate-1.csv:1: line 1 must name the form, #qc-plate/1 or #qc-plate/2 or #qc-peaks/1 or #qc-peaks/2, not '#qc-plate/9' |
        | TC-OQ-0534 | plate: other columns                      | forms/plate-1.csv  | PR-001     | LIN-01 | line 2 is: kind,id,signal,level_or_dilution                                                                                                                                      | plate-1.csv:2: line 2 must be 'kind,id,level_or_dilution,signal'                                                      |
        | TC-OQ-0535 | plate: character that does not print      | forms/plate-1.csv  | PR-001     | LIN-01 | line 3 is: standard,STD1,0,0.0[bell]                                                                                                                                             | plate-1.csv:3: a character that may not stand in an instrument file                                                   |
        | TC-OQ-0536 | plate: cut inside a line                  | forms/plate-1.csv  | PR-001     | LIN-01 | cut after line 6 without its end                                                                                                                                                 | plate-1.csv:6: the file is truncated: its last line has no end                                                        |
        | TC-OQ-0537 | plate: cut after a line                   | forms/plate-1.csv  | PR-001     | LIN-01 | cut after line 6                                                                                                                                                                 | plate-1.csv:6: the file is truncated: its last line must be 'end,4' or count its rows                                 |
        | TC-OQ-0538 | plate: cut after its columns              | forms/plate-1.csv  | PR-001     | LIN-01 | cut after line 2                                                                                                                                                                 | plate-1.csv:2: the file is truncated: its last line must be 'end,0' or count its rows                                 |
        | TC-OQ-0539 | plate: cut after its first line           | forms/plate-1.csv  | PR-001     | LIN-01 | cut after line 1                                                                                                                                                                 | plate-1.csv:2: line 2 must be 'kind,id,level_or_dilution,signal'                                                      |
        | TC-OQ-0540 | plate: a row is gone                      | forms/plate-1.csv  | PR-001     | LIN-01 | line 5 is gone                                                                                                                                                                   | plate-1.csv:8: the file is truncated: its last line must be 'end,6' or count its rows                                 |
        | TC-OQ-0541 | plate: no rows                            | forms/plate-1.csv  | PR-001     | LIN-01 | text: standard,STD1,0,0.000[end]standard,STD2,500,0.500[end]standard,STD3,1000,1.000[end]blank,BLK,,0.001[end]sample,S1,0.5,0.250[end]sample,S1,1,0.500[end]end,6 becomes: end,0 | plate-1.csv:3: the file has no rows                                                                                   |
        | TC-OQ-0542 | plate: a cell too few                     | forms/plate-1.csv  | PR-001     | LIN-01 | line 4 is: standard,STD2,500                                                                                                                                                     | plate-1.csv:4: 3 cells where 'kind,id,level_or_dilution,signal' asks for 4                                            |
        | TC-OQ-0543 | plate: a cell too many                    | forms/plate-1.csv  | PR-001     | LIN-01 | line 4 is: standard,STD2,500,0.500,1                                                                                                                                             | plate-1.csv:4: 5 cells where 'kind,id,level_or_dilution,signal' asks for 4                                            |
        | TC-OQ-0544 | plate: unknown kind                       | forms/plate-1.csv  | PR-001     | LIN-01 | line 4 is: control,STD2,500,0.500                                                                                                                                                | plate-1.csv:4: kind must be standard, sample or blank (without level), not 'control'                                  |
        | TC-OQ-0545 | plate: blank with a level                 | forms/plate-1.csv  | PR-001     | LIN-01 | line 6 is: blank,BLK,0,0.001                                                                                                                                                     | plate-1.csv:6: kind must be standard, sample or blank (without level), not 'blank'                                    |
        | TC-OQ-0546 | plate: no name                            | forms/plate-1.csv  | PR-001     | LIN-01 | line 4 is: standard,,500,0.500                                                                                                                                                   | plate-1.csv:4: not a name: ''                                                                                         |
        | TC-OQ-0547 | plate: a name that begins with a formula  | forms/plate-1.csv  | PR-001     | LIN-01 | line 4 is: standard,=1+1,500,0.500                                                                                                                                               | plate-1.csv:4: not a name: '=1+1'                                                                                     |
        | TC-OQ-0548 | plate: a level below zero                 | forms/plate-1.csv  | PR-001     | LIN-01 | line 4 is: standard,STD2,-500,0.500                                                                                                                                              | plate-1.csv:4: the level lies below zero: -500                                                                        |
        | TC-OQ-0549 | plate: a level that is no number          | forms/plate-1.csv  | PR-001     | LIN-01 | line 4 is: standard,STD2,five,0.500                                                                                                                                              | plate-1.csv:4: not a decimal number: 'five'                                                                           |
        | TC-OQ-0550 | plate: a signal that is no number         | forms/plate-1.csv  | PR-001     | LIN-01 | line 5 is: standard,STD3,1000,1.0e                                                                                                                                               | plate-1.csv:5: not a decimal number: '1.0e'                                                                           |
        | TC-OQ-0551 | plate: a decimal comma                    | forms/plate-1.csv  | PR-001     | LIN-01 | line 5 is: standard,STD3,1000,1,000                                                                                                                                              | plate-1.csv:5: 5 cells where 'kind,id,level_or_dilution,signal' asks for 4                                            |
        | TC-OQ-0552 | plate: a signal without end               | forms/plate-1.csv  | PR-001     | LIN-01 | line 5 is: standard,STD3,1000,Infinity                                                                                                                                           | plate-1.csv:5: not a decimal number: 'Infinity'                                                                       |
        | TC-OQ-0553 | plate: a dilution of zero                 | forms/plate-1.csv  | PR-001     | LIN-01 | line 7 is: sample,S1,0,0.250                                                                                                                                                     | plate-1.csv:7: a dilution of zero leaves no sample                                                                    |
        | TC-OQ-0554 | plate: a dilution below zero              | forms/plate-1.csv  | PR-001     | LIN-01 | line 7 is: sample,S1,-1,0.250                                                                                                                                                    | plate-1.csv:7: the dilution lies below zero: -1                                                                       |
        | TC-OQ-0555 | plate 2: no unit                          | forms/plate-2.csv  | PR-001     | LIN-01 | line 2 is gone                                                                                                                                                                   | plate-2.csv:2: line 2 must name the unit of the levels: 'unit,ug/mL'                                                  |
        | TC-OQ-0556 | plate 2: blank unit                       | forms/plate-2.csv  | PR-001     | LIN-01 | line 2 is: unit,                                                                                                                                                                 | plate-2.csv:2: line 2 must name the unit of the levels: 'unit,ug/mL'                                                  |
        | TC-OQ-0557 | plate 2: unit with a blank behind it      | forms/plate-2.csv  | PR-001     | LIN-01 | line 2 is: unit,ug/mL[blank]                                                                                                                                                     | plate-2.csv:2: line 2 must name the unit of the levels: 'unit,ug/mL'                                                  |
        | TC-OQ-0558 | plate 2: unit too long                    | forms/plate-2.csv  | PR-001     | LIN-01 | line 2 is: unit,micrograms per millil                                                                                                                                            | plate-2.csv:2: line 2 must name the unit of the levels: 'unit,ug/mL'                                                  |
        | TC-OQ-0559 | plate 2: other columns                    | forms/plate-2.csv  | PR-001     | LIN-01 | line 3 is: kind,id                                                                                                                                                               | plate-2.csv:3: line 3 must be 'kind,id,level_or_dilution,signal'                                                      |
        | TC-OQ-0560 | plate 2: a row that is no number          | forms/plate-2.csv  | PR-001     | LIN-01 | line 7 is: sample,S1,1,x                                                                                                                                                         | plate-2.csv:7: not a decimal number: 'x'                                                                              |
        | TC-OQ-0561 | peaks: an area below zero                 | peaks-lot-a.csv    | HP-001     | LIN-01 | line 4 is: Main,-1                                                                                                                                                               | peaks-lot-a.csv:4: the area lies below zero: -1                                                                       |
        | TC-OQ-0562 | peaks: an area that is no number          | peaks-lot-a.csv    | HP-001     | LIN-01 | line 4 is: Main,n/a                                                                                                                                                              | peaks-lot-a.csv:4: not a decimal number: 'n/a'                                                                        |
        | TC-OQ-0563 | peaks: a peak twice                       | peaks-lot-a.csv    | HP-001     | LIN-01 | line 5 is: Main,1955                                                                                                                                                             | peaks-lot-a.csv:5: the peak 'Main' stands here a second time                                                          |
        | TC-OQ-0564 | peaks: a peak without name                | peaks-lot-a.csv    | HP-001     | LIN-01 | line 5 is: ,1955                                                                                                                                                                 | peaks-lot-a.csv:5: not a name: ''                                                                                     |
        | TC-OQ-0565 | peaks: a row is gone                      | peaks-lot-a.csv    | HP-001     | LIN-01 | line 4 is gone                                                                                                                                                                   | peaks-lot-a.csv:6: the file is truncated: its last line must be 'end,4' or count its rows                             |
        | TC-OQ-0566 | peaks 2: other columns                    | forms/peaks-2.csv  | HP-001     | LIN-01 | line 2 is: sample,injection,name,area                                                                                                                                            | peaks-2.csv:2: line 2 must be 'sample,injection,name,area,retention,tailing,plates,resolution'                        |
        | TC-OQ-0567 | peaks 2: a peak twice in an injection     | forms/peaks-2.csv  | HP-001     | LIN-01 | line 4 is: S1,1,Main,1450,5.2,1.0,5100,3.2                                                                                                                                       | peaks-2.csv:4: the peak 'Main' stands here a second time                                                              |
        | TC-OQ-0568 | peaks 2: an area below zero               | forms/peaks-2.csv  | HP-001     | LIN-01 | line 5 is: S1,2,Main,-998000,4.1,1.1,5200,                                                                                                                                       | peaks-2.csv:5: the area lies below zero: -998000                                                                      |
        | TC-OQ-0569 | peaks 2: a retention below zero           | forms/peaks-2.csv  | HP-001     | LIN-01 | line 3 is: S1,1,Main,998550,-4.1,1.1,5200,                                                                                                                                       | peaks-2.csv:3: the retention lies below zero: -4.1                                                                    |
        | TC-OQ-0570 | peaks 2: a tailing that is no number      | forms/peaks-2.csv  | HP-001     | LIN-01 | line 3 is: S1,1,Main,998550,4.1,x,5200,                                                                                                                                          | peaks-2.csv:3: not a decimal number: 'x'                                                                              |
        | TC-OQ-0571 | peaks 2: a plate count below zero         | forms/peaks-2.csv  | HP-001     | LIN-01 | line 3 is: S1,1,Main,998550,4.1,1.1,-5200,                                                                                                                                       | peaks-2.csv:3: the plates lies below zero: -5200                                                                      |
        | TC-OQ-0572 | peaks 2: a resolution that is no number   | forms/peaks-2.csv  | HP-001     | LIN-01 | line 4 is: S1,1,Imp-A,1450,5.2,1.0,5100,y                                                                                                                                        | peaks-2.csv:4: not a decimal number: 'y'                                                                              |
        | TC-OQ-0573 | peaks 2: an injection without number      | forms/peaks-2.csv  | HP-001     | LIN-01 | line 6 is: S1,,Imp-A,1440,5.2,1.0,5100,3.1                                                                                                                                       | peaks-2.csv:6: not a name: ''                                                                                         |
        | TC-OQ-0574 | Gen5: no head                             | gen5-bca-plate.txt | PR-001     | BCA-01 | text: Software Version[tab] becomes: Software [tab]                                                                                                                              | gen5-bca-plate.txt:1: not a Gen5 export: no 'Software Version' at its head                                            |
        | TC-OQ-0575 | Gen5: no layout                           | gen5-bca-plate.txt | PR-001     | BCA-01 | text: [end]Layout[end] becomes: [end]                                                                                                                                            | gen5-bca-plate.txt:47: the section 'Results' stands out of its place                                                  |
        | TC-OQ-0576 | Gen5: results twice                       | gen5-bca-plate.txt | PR-001     | BCA-01 | text: [end]Results[end] becomes: [end]Results[end]Results[end]                                                                                                                   | gen5-bca-plate.txt:49: the section 'Results' stands out of its place                                                  |
        | TC-OQ-0577 | Gen5: cut before the curve                | gen5-bca-plate.txt | PR-001     | BCA-01 | cut after line 74                                                                                                                                                                | gen5-bca-plate.txt:74: the file is truncated: no section 'StdCurve Fitting Results'                                   |
        | TC-OQ-0578 | Gen5: cut inside the curve                | gen5-bca-plate.txt | PR-001     | BCA-01 | cut after line 77                                                                                                                                                                | gen5-bca-plate.txt:77: the file is truncated: the standard curve is not complete                                      |
        | TC-OQ-0579 | Gen5: a cell of the curve is gone         | gen5-bca-plate.txt | PR-001     | BCA-01 | line 78 is: StdCurve[tab]Y=A*X+B[tab]0.00168                                                                                                                                     | gen5-bca-plate.txt:78: the file is truncated: the standard curve is not complete                                      |
        | TC-OQ-0580 | Gen5: cut inside the results              | gen5-bca-plate.txt | PR-001     | BCA-01 | cut after line 60                                                                                                                                                                | gen5-bca-plate.txt:60: the file is truncated: no section 'StdCurve Fitting Results'                                   |
        | TC-OQ-0581 | Gen5: a reading is gone from the last row | gen5-bca-plate.txt | PR-001     | BCA-01 | text: 0.001[tab]0.178[tab]0.174 becomes: 0.178[tab]0.174                                                                                                                         | gen5-bca-plate.txt:71: 12 cells where the plate has 12 and a label                                                    |
        | TC-OQ-0582 | Gen5: columns out of order                | gen5-bca-plate.txt | PR-001     | BCA-01 | line 30 is: [tab]1[tab]2[tab]3[tab]4[tab]5[tab]6[tab]7[tab]8[tab]9[tab]10[tab]12[tab]11                                                                                          | gen5-bca-plate.txt:30: the columns of the plate must be numbered 1, 2, 3 ...                                          |
        | TC-OQ-0583 | Gen5: a well too few                      | gen5-bca-plate.txt | PR-001     | BCA-01 | line 32 is: [tab]2000[tab]2000[tab]Conc/Dil                                                                                                                                      | gen5-bca-plate.txt:32: 3 cells where the plate has 12 and a label                                                     |
        | TC-OQ-0584 | Gen5: a row under another letter          | gen5-bca-plate.txt | PR-001     | BCA-01 | text: B[tab]STD2 becomes: C[tab]STD2                                                                                                                                             | gen5-bca-plate.txt:33: row 'C' stands where row B must: a row is missing or twice                                     |
        | TC-OQ-0607 | Gen5: the first row a second time         | gen5-bca-plate.txt | PR-001     | BCA-01 | text: B[tab]STD2 becomes: A[tab]STD2                                                                                                                                             | gen5-bca-plate.txt:33: row 'A' stands where row B must: a row is missing or twice                                     |
        | TC-OQ-0585 | Gen5: a line twice                        | gen5-bca-plate.txt | PR-001     | BCA-01 | line 32 stands twice                                                                                                                                                             | gen5-bca-plate.txt:33: the line 'Conc/Dil' stands here a second time                                                  |
        | TC-OQ-0586 | Gen5: a line of another name              | gen5-bca-plate.txt | PR-001     | BCA-01 | text: 1[tab]Conc/Dil becomes: 1[tab]Conc                                                                                                                                         | gen5-bca-plate.txt:31: row A of the layout must have the lines Well ID and Conc/Dil                                   |
        | TC-OQ-0587 | Gen5: a well without id                   | gen5-bca-plate.txt | PR-001     | BCA-01 | text: A[tab]STD1[tab]STD1 becomes: A[tab]STD1[tab]                                                                                                                               | gen5-bca-plate.txt:31: a well of row A has no id                                                                      |
        | TC-OQ-0588 | Gen5: a level that is no number           | gen5-bca-plate.txt | PR-001     | BCA-01 | text: [tab]2000[tab]2000[tab]2000 becomes: [tab]2000[tab]high[tab]2000                                                                                                           | gen5-bca-plate.txt:32: not a decimal number: 'high'                                                                   |
        | TC-OQ-0589 | Gen5: a level below zero                  | gen5-bca-plate.txt | PR-001     | BCA-01 | text: [tab]2000[tab]2000[tab]2000 becomes: [tab]2000[tab]-2000[tab]2000                                                                                                          | gen5-bca-plate.txt:32: the level lies below zero: -2000                                                               |
        | TC-OQ-0590 | Gen5: a dilution of zero                  | gen5-bca-plate.txt | PR-001     | BCA-01 | text: [tab]0.5[tab]0.5 becomes: [tab]0.5[tab]0                                                                                                                                   | gen5-bca-plate.txt:34: a dilution of zero leaves no sample                                                            |
        | TC-OQ-0591 | Gen5: overflow in a well                  | gen5-bca-plate.txt | PR-001     | BCA-01 | text: A[tab]3.337 becomes: A[tab]OVRFLW                                                                                                                                          | gen5-bca-plate.txt:50: not a decimal number: 'OVRFLW'                                                                 |
        | TC-OQ-0592 | Gen5: other lines in a row of the results | gen5-bca-plate.txt | PR-001     | BCA-01 | text: 630nmAbsRead:630[end][tab]0.123 becomes: 450nmAbsRead:450[end][tab]0.123                                                                                                   | gen5-bca-plate.txt:59: row D has other lines than the first row                                                       |
        | TC-OQ-0593 | Gen5: the last row of the results is gone | gen5-bca-plate.txt | PR-001     | BCA-01 | text: H[tab]0.001 becomes: [end]H[tab]0.001                                                                                                                                      | gen5-bca-plate.txt:48: the file is truncated: results do not cover the layout                                         |
        | TC-OQ-0594 | Gen5: no rows                             | gen5-bca-plate.txt | PR-001     | BCA-01 | after line 30: [nothing]                                                                                                                                                         | gen5-bca-plate.txt:29: the plate has no rows                                                                          |
        | TC-OQ-0595 | Empower: cut in the middle                | empower-pq.json    | HP-001     | LCA-01 | cut after line 2000                                                                                                                                                              | empower-pq.json:2001: the file is truncated or not JSON: Expecting value                                              |
        | TC-OQ-0596 | Empower: byte order mark                  | empower-pq.json    | HP-001     | LCA-01 | a byte order mark before it                                                                                                                                                      | empower-pq.json:1: the file was re-encoded: it begins with a byte order mark                                          |
        | TC-OQ-0597 | Empower: Latin-1                          | empower-pq.json    | HP-001     | LCA-01 | in Latin-1                                                                                                                                                                       | empower-pq.json:4348: the file was re-encoded: a sign of this line is not in UTF-8                                    |
        | TC-OQ-0598 | Empower: no results                       | empower-pq.json    | HP-001     | LCA-01 | text: [quote]results[quote] becomes: [quote]outcomes[quote]                                                                                                                      | empower-pq.json: not an Empower sample set: the field 'results' is missing                                            |
        | TC-OQ-0599 | Empower: an area below zero               | empower-pq.json    | HP-001     | LCA-01 | text: [quote]Area[quote]: 394015.0 becomes: [quote]Area[quote]: -394015.0                                                                                                        | empower-pq.json: values.results[0].peaks[0]: the area lies below zero: -394015.0                                      |
        | TC-OQ-0600 | Empower: an area that is no number        | empower-pq.json    | HP-001     | LCA-01 | text: [quote]Area[quote]: 394015.0 becomes: [quote]Area[quote]: [quote]394015.0[quote]                                                                                           | empower-pq.json: values.results[0].peaks[0]: the area of 'Acetone' is not a number                                    |
        | TC-OQ-0601 | Empower: an area without end              | empower-pq.json    | HP-001     | LCA-01 | text: [quote]Area[quote]: 394015.0 becomes: [quote]Area[quote]: Infinity                                                                                                         | empower-pq.json:3334: Infinity is not a measured value                                                                |
        | TC-OQ-0602 | Empower: no area                          | empower-pq.json    | HP-001     | LCA-01 | text: [quote]Area[quote]: 394015.0, becomes: [nothing]                                                                                                                           | empower-pq.json: not an Empower sample set: the field 'Area' is missing                                               |
        | TC-OQ-0603 | Empower: an area twice                    | empower-pq.json    | HP-001     | LCA-01 | text: [quote]Area[quote]: 394015.0, becomes: [quote]Area[quote]: 394015.0, [quote]Area[quote]: 1.0,                                                                              | empower-pq.json: the key 'Area' stands twice in one object                                                            |
        | TC-OQ-0604 | Empower: a peak without name              | empower-pq.json    | HP-001     | LCA-01 | text: [quote]Name[quote]: [quote]Acetone[quote] becomes: [quote]Name[quote]: [quote][blank][quote]                                                                               | empower-pq.json: values.results[0].peaks[0]: a peak without name                                                      |
        | TC-OQ-0605 | Empower: a peak under the name of another | empower-pq.json    | HP-001     | LCA-01 | text: [quote]Name[quote]: [quote]Acetone[quote] becomes: [quote]Name[quote]: [quote]Acetophenone[quote]                                                                          | empower-pq.json: values.results[0].peaks[1]: the peak 'Acetophenone' stands here a second time                        |
        | TC-OQ-0606 | Empower: a retention below zero           | empower-pq.json    | HP-001     | LCA-01 | text: [quote]RetentionTime[quote]: becomes: [quote]RetentionTime[quote]: -1, [quote]Before[quote]:                                                                               | empower-pq.json: values.results[0].peaks[0]: the retention lies below zero: -1                                        |
