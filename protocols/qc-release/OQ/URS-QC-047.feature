# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:f6b10627fce45094325f30703aee78d9ef5c7aea9440289579110b0b33c7e50b
# csvgen: body sha256:4cfcb850b53c703c4272398ae156448f448a3c707021cef19524978d41cb8eb1
@OQ @URS-QC-047 @RA-QC-032 @risk-high @evidence-every-step
Feature: URS-QC-047 Certificate of analysis
  Requirement: The system shall issue with the release of a lot, and with nothing else, a certificate that tells
  > every reported value with unit, limit and verdict and the signatures of review and release, as a PDF whose
  > signature covers every byte.
  Risk: RA-QC-032 Certificate says something else than the record (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline @needs-Records @needs-Signing
  Rule: ac-1 Of a released lot, and of no other
    Shown by: pattern certificate@1: A released lot has a certificate made from its record: values, units, limits,
    > verdicts and signatures, in a PDF that is signed as a whole; any other lot has none.

    @positive
    Scenario Outline: <tc> the certificate of a released lot tells what the record tells, and is signed
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "ISSUED" has a processed result with the sample signal "1.000"
      And lot "ISSUED" has been reviewed
      When the "quality" signs lot "ISSUED" as "released" because "all results in specification"
      Then the system accepts it
      When the "analyst" asks for the certificate of analysis of lot "ISSUED"
      Then the system accepts it
      And the certificate tells every reported value of lot "ISSUED" with unit, limit and verdict
      And the certificate names the signature of the "reviewer" on lot "ISSUED" as "reviewed"
      And the certificate names the signature of the "quality" on lot "ISSUED" as "released"
      And the PDF of the certificate is the one its record names, and its signature covers every byte of it

      Examples: positive (RA-QC-032; high priority): each value and signature is compared with the lot
        | tc         |
        | TC-OQ-0240 |

    @negative
    Scenario Outline: <tc> a lot that is not released has no certificate
      Given the "analyst" is logged in
      And the "reviewer" is logged in
      And the "quality" is logged in
      And lot "NONE" has a processed result with the sample signal "1.000"
      When the "analyst" asks for the certificate of analysis of lot "NONE"
      Then the system refuses it by the rule "RR-F01"
      When the "reviewer" signs lot "NONE" as "reviewed" because "data reviewed"
      Then the system accepts it
      When the "analyst" asks for the certificate of analysis of lot "NONE"
      Then the system refuses it by the rule "RR-F01"
      When the "quality" signs lot "NONE" as "rejected" because "not needed"
      Then the system accepts it
      When the "analyst" asks for the certificate of analysis of lot "NONE"
      Then the system refuses it by the rule "RR-F01"

      Examples: negative (RA-QC-032; high priority): processed, reviewed and rejected
        | tc         |
        | TC-OQ-0241 |
