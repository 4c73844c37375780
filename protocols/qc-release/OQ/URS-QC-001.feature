# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:535e6c00d7ce94ea65285a348666e151c4a8191d0628a3f7183a89d5b409985a
# csvgen: body sha256:c33f50aea76cc9c7c6218bf7b580ab4adfaf85dcc6638b5a026ceadff7ec0aaf
@OQ @URS-QC-001 @RA-QC-001 @risk-high
Feature: URS-QC-001 Registration of instrument files
  Requirement: The system shall register every instrument file on arrival with its SHA-256, its sender, its
  > instrument and the time of receipt in UTC, and keep the file unaltered.
  Risk: RA-QC-001 Raw file changed or lost after arrival (class 2, priority high)
  Depth: high priority asks for positive, negative, boundary

  @needs-Access @needs-Pipeline
  Rule: ac-1 Registered and unaltered
    Shown by: pattern file-integrity@1: Each raw file is registered with its SHA-256 on arrival; a byte changed
    > later outside the application is found.

    @positive
    Scenario Outline: <tc> the digest on arrival is that of the file sent
      Given the "analyst" is logged in
      When the "analyst" ingests the file "gen5-bca-plate.txt" sample "SPL1" as lot "RAW" with instrument "PR-001"
      Then the file "gen5-bca-plate.txt" of lot "RAW" is registered with the SHA-256 of the file sent
      And the stored file "gen5-bca-plate.txt" of lot "RAW" passes the system's own check

      Examples: positive: the digest is computed a second time by the recorder
        | tc         |
        | TC-OQ-0001 |

    @negative
    Scenario Outline: <tc> a changed byte is found
      Given the "analyst" is logged in
      When the "analyst" ingests a plate made for this case only as lot "ALTERED"
      And one byte of the stored file "plate.csv" of lot "ALTERED" is changed outside the application
      Then the stored file "plate.csv" of lot "ALTERED" fails the system's own check

      Examples: negative: the invalid class, made outside the application on a file that no other lot shares
        | tc         |
        | TC-OQ-0002 |
