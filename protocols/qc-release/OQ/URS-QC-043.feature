# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:cea2eb0e01e37dcb699bd42a96bfb9d940907b5dfca31b3a5c66410ce4a16a27
# csvgen: body sha256:42e8c767c59bc8ba5def02f7c3588037541e1bb78c94f47b23dc54297b338210
@OQ @URS-QC-043 @RA-QC-028 @risk-high @evidence-every-step
Feature: URS-QC-043 The same data a second time
  Requirement: The system shall tell a file it has already as registered, refuse the same bytes under another
  > name of the lot, and refuse to judge an out-of-specification measurement again under the name of another lot.
  Risk: RA-QC-028 Foreign or repeated data decide on a lot (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline @needs-Records
  Rule: ac-1 Same name, other name, other lot
    Shown by: pattern duplicate-file@1: One measurement counts once: the same bytes are told as registered
    > already, refused under another name, and a failing measurement is not judged again under the name of another
    > lot.

    @positive
    Scenario Outline: <tc> the same file again is told as registered already
      Given the "analyst" is logged in
      When the "analyst" ingests a plate of the instrument "PR-001" with the sample signal "1.000" as file "plate.csv" of lot "TWICE"
      Then the system accepts it
      When the "analyst" ingests the same bytes as file "plate.csv" of lot "TWICE"
      Then the system accepts it
      And the answer names the standing it was given before
      And the file "plate.csv" of lot "TWICE" is registered in version "1"

      Examples: positive (RA-QC-028; high priority): nothing is new, so there is no new version
        | tc         |
        | TC-OQ-0227 |

    @negative
    Scenario Outline: <tc> the same bytes under another name of the lot are refused
      Given the "analyst" is logged in
      When the "analyst" ingests a plate of the instrument "PR-001" with the sample signal "1.000" as file "plate.csv" of lot "COPY"
      Then the system accepts it
      When the "analyst" ingests the same bytes as file "plate-2.csv" of lot "COPY"
      Then the system refuses it with the words "one measurement counts once"
      And the file "plate-2.csv" of lot "COPY" is registered in version "(not there)"

      Examples: negative (RA-QC-028; high priority): a copy would count as a second measurement
        | tc         |
        | TC-OQ-0228 |

    @negative
    Scenario Outline: <tc> a failing measurement is not judged again under the name of another lot
      Given the "analyst" is logged in
      When the "analyst" ingests a plate of the instrument "PR-001" with the sample signal "0.900" as file "plate.csv" of lot "FAILED"
      Then the system accepts it
      When the "analyst" processes lot "FAILED"
      Then the system accepts it
      When the "analyst" ingests the same bytes as file "plate.csv" of lot "RENAMED"
      Then the system accepts it
      When the "analyst" processes lot "RENAMED"
      Then the system refuses it by the rule "RR-F05"
      And lot "RENAMED" has no reportable result

      Examples: negative (RA-QC-028; high priority): testing into compliance by a new lot number
        | tc         |
        | TC-OQ-0229 |
