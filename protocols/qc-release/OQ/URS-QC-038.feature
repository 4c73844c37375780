# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:9421bf4a9133d6a05e363016045ffbf2cc3a2dff8546ef1b8ae2c3c209edd520
# csvgen: body sha256:0f1ba979e743a42aef2dd7fecaa6e68b7a63c23d461a0d247c754dda86fd44ba
@OQ @URS-QC-038 @RA-QC-025 @risk-high @evidence-every-step
Feature: URS-QC-038 Record of a run
  Requirement: The system shall keep for every run a record of its input files, code, packages, parameters,
  > products, outputs, operator, times, change ticket and commit, by digest where they are data, and let nobody
  > change or delete it.
  Risk: RA-QC-025 Origin of a result not known (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline @needs-Records
  Rule: ac-1 What a run record says
    Shown by: pattern run-record@1: The record of a run says from what, by what, with what, by whom, when and
    > under which change its outputs came, and nobody can change or delete it.

    @positive
    Scenario Outline: <tc> a run record names inputs, code, packages, parameters, outputs, person, times, ticket and commit
      Given the "analyst" is logged in
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "RUN"
      Then the system accepts it
      When the "analyst" processes lot "RUN"
      Then the system accepts it
      And the run record of lot "RUN" names the file "plate.csv" by the SHA-256 of the file sent
      And the run record of lot "RUN" names the "analyst" as operator, and times between the arrival of "plate.csv" and now
      And the run record of lot "RUN" names code, packages, parameters, products, outputs, artifact, ticket and commit

      Examples: positive (RA-QC-025; high priority): each is compared with what the recorder knows, or must be there
        | tc         |
        | TC-OQ-0212 |

    @negative
    Scenario Outline: <tc> other inputs give a run record with other inputs and other outputs
      Given the "analyst" is logged in
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "ONE"
      Then the system accepts it
      When the "analyst" processes lot "ONE"
      Then the system accepts it
      When the "analyst" ingests a plate with the sample signal "1.010" as file "plate.csv" of lot "TWO"
      Then the system accepts it
      When the "analyst" processes lot "TWO"
      Then the system accepts it
      And the run records of lot "ONE" and lot "TWO" name other inputs and other outputs

      Examples: negative (RA-QC-025; high priority): a record that says the same of every run would prove nothing
        | tc         |
        | TC-OQ-0213 |

    @negative
    Scenario Outline: <tc> a run record can neither be changed nor deleted
      Given the "analyst" is logged in
      When the "analyst" ingests a plate with the sample signal "1.000" as file "plate.csv" of lot "KEPT"
      Then the system accepts it
      When the "analyst" processes lot "KEPT"
      Then the system accepts it
      When the "analyst" tries to change the operator in the run record of lot "KEPT"
      Then the system refuses it because of the "input"
      And the run record of lot "KEPT" is the same to the byte
      When the "analyst" tries to delete the run record of lot "KEPT"
      Then the system refuses it by the rule "RR-C01"
      And the run record of lot "KEPT" is the same to the byte

      Examples: negative (RA-QC-025; high priority): both are tried by the person it names; the record is compared to the byte
        | tc         |
        | TC-OQ-0214 |
