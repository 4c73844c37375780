# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:20298e3923c0e97ad92e3ebef8473ab5eebb85acea8cd48d51675b4f82b84b4b
# csvgen: body sha256:898601c386a9508e09a8af8ae4794ed22a8d21889536b7b8ec678e1d1c46dd12
@OQ @URS-QC-001 @RA-QC-001 @risk-high @evidence-every-step
Feature: URS-QC-001 Registration of instrument files
  Requirement: The system shall register every instrument file on arrival with its SHA-256, its sender, its
  > instrument and the time of receipt in UTC, and keep the file unaltered.
  Risk: RA-QC-001 Raw file changed or lost after arrival (class 2, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline @needs-Records
  Rule: ac-1 Registered and unaltered
    Shown by: pattern file-integrity@1: Each raw file is registered on arrival with its SHA-256, its sender, its
    > instrument and the time of receipt in UTC; a byte changed later outside the application is found.

    @positive
    Scenario Outline: <tc> digest, sender, instrument and time are registered on arrival
      Given the "analyst" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL1" as lot "RAW" with instrument "PR-001"
      Then the system accepts it
      And the file "gen5-bca-plate.txt" of lot "RAW" is registered with the SHA-256 of the file sent
      And the record of the file "gen5-bca-plate.txt" of lot "RAW" names the "analyst", instrument "PR-001" and the UTC time of receipt
      And the stored file "gen5-bca-plate.txt" of lot "RAW" passes the system's own check
      When the "analyst" ingests a plate with the sample signal "1.000" as file "later.csv" of lot "LATER"
      Then the system accepts it
      And the file "later.csv" of lot "LATER" was received after the file "gen5-bca-plate.txt" of lot "RAW"

      Examples: positive (RA-QC-001; high priority): the digest is computed a second time by the recorder, whose clock also bounds the time of receipt
        | tc         |
        | TC-OQ-0001 |

    @negative
    Scenario Outline: <tc> a changed byte is found
      Given the "analyst" is logged in
      When the "analyst" ingests a plate made for this case only as lot "ALTERED"
      And one byte of the stored file "plate.csv" of lot "ALTERED" is changed outside the application
      Then the stored file "plate.csv" of lot "ALTERED" fails the system's own check

      Examples: negative (RA-QC-001; high priority): the invalid class, made outside the application on a file that no other lot shares
        | tc         |
        | TC-OQ-0002 |
