# csvgen: generated from requirements_specs/qc-release; change the specification, not this file
# csvgen: fingerprint sha256:8f6161961aefd439112a8c5674b28e379948a682f90dbaf01cb65e67fda02f5e
# csvgen: body sha256:184c4bce779f4f07935c8e2f10b5dea3b5ff2d5ad4bd04e935d021326d0cf5dd
@OQ @URS-QC-097 @RA-QC-097 @risk-high @evidence-every-step
Feature: URS-QC-097 Replicate injections
  Requirement: The system shall report the mean of exactly as many injections as the method asks for, with its
  > 95 percent confidence limits, and give no result of injections of which one misses a criterion of suitability
  > of the method.
  Risk: RA-QC-097 A result rests on chosen or unsuitable injections (class 1, priority high)
  Depth: high priority asks for positive, negative, boundary, boundary-3, combination, transition, sneak,
  > audit-content, no-change; combinations of 3 values, the full table up to 64 rows; evidence at every step,
  > challenge by a seeded fault (policy default@1)

  @needs-Access @needs-Pipeline @needs-Records
  Rule: ac-1 Mean, number and suitability
    Shown by: pattern replicate-injections@1: Of several injections the mean is reported with its confidence
    > limits, as many are taken as the method asks for, and injections that do not meet a criterion of suitability
    > give no result, whichever of them it is.

    @positive
    Scenario Outline: <tc> the mean of the injections is reported with its limits (test: <test>)
      Given the "analyst" is logged in
      And a method that asks for 2 injections and "none" is in force
      When the "analyst" ingests the injections "Main 998600; Imp-A 1400 | Main 998500; Imp-A 1500" as lot "MEAN"
      Then the system accepts it
      When the "analyst" processes lot "MEAN"
      Then the system accepts it
      And the test "<test>" of lot "MEAN" reports "<reported>" %
      And the record of lot "MEAN" tells of "<test>" the limits "<lower>" to "<upper>" to every decimal given

      Examples: positive (RA-QC-097; high priority): worked by hand; one injection left out would be another value
        | tc         | test             | reported | lower         | upper         |
        | TC-OQ-0636 | impurity Imp-A   | 0.15     | 0.08146897632 | 0.20853102368 |
        | TC-OQ-0637 | total impurities | 0.15     | 0.08146897632 | 0.20853102368 |

    @negative
    Scenario Outline: <tc> fewer or more injections than the method asks for give no result (case: <case>)
      Given the "analyst" is logged in
      And a method that asks for 2 injections and "none" is in force
      When the "analyst" ingests the injections "<injections>" as lot "COUNT"
      Then the system accepts it
      When the "analyst" processes lot "COUNT"
      Then the system refuses it with the words "<words>"
      And lot "COUNT" has no reportable result

      Examples: negative (RA-QC-097; high priority): none is chosen, none left out
        | tc         | case             | injections                                                                    | words                                     |
        | TC-OQ-0638 | one injection    | Main 998600; Imp-A 1400                                                       | 1 injection of sample 'S1'; 2 are needed  |
        | TC-OQ-0639 | three injections | Main 998600; Imp-A 1400 \| Main 998500; Imp-A 1500 \| Main 998550; Imp-A 1450 | 3 injections of sample 'S1'; 2 are needed |

    @boundary
    Scenario Outline: <tc> injections at the limit of suitability give a result (criteria: <criteria>)
      Given the "analyst" is logged in
      And a method that asks for 2 injections and "<criteria>" is in force
      When the "analyst" ingests the injections "<injections>" as lot "LIMIT"
      Then the system accepts it
      When the "analyst" processes lot "LIMIT"
      Then the system accepts it
      And the verdict of lot "LIMIT" is "in specification"

      Examples: boundary (RA-QC-097; high priority): limits are inclusive
        | tc         | criteria                              | injections                                                                           |
        | TC-OQ-0640 | tailing 1.5                           | Main 998600 4.1 1.5 5200; Imp-A 1400 \| Main 998500 4.1 1.5 5200; Imp-A 1500         |
        | TC-OQ-0641 | plates 5200                           | Main 998600 4.1 1.5 5200; Imp-A 1400 \| Main 998500 4.1 1.5 5200; Imp-A 1500         |
        | TC-OQ-0642 | resolution 2.0                        | Main 998600 4.1 1.5 5200 2.0; Imp-A 1400 \| Main 998500 4.1 1.5 5200 2.0; Imp-A 1500 |
        | TC-OQ-0643 | retention_low 4.1; retention_high 4.1 | Main 998600 4.1; Imp-A 1400 \| Main 998500 4.1; Imp-A 1500                           |
        | TC-OQ-0644 | area_rsd 0                            | Main 998600; Imp-A 1400 \| Main 998600; Imp-A 1300                                   |
        | TC-OQ-0645 | injections 2                          | Main 998600; Imp-A 1400 \| Main 998500; Imp-A 1500                                   |

    @negative
    Scenario Outline: <tc> injections that miss a criterion give no result, and the criterion is told (case: <case>)
      Given the "analyst" is logged in
      And a method that asks for 2 injections and "<criteria>" is in force
      When the "analyst" ingests the injections "<injections>" as lot "MISSED"
      Then the system accepts it
      When the "analyst" processes lot "MISSED"
      Then the words of the answer hold "<words>"
      And lot "MISSED" has no reportable result

      Examples: negative (RA-QC-097; high priority): the first or the second of two injections, one criterion each
        | tc         | case                         | criteria           | injections                                                                           | words                                                     |
        | TC-OQ-0646 | tailing of the second        | tailing 1.5        | Main 998600 4.1 1.5 5200; Imp-A 1400 \| Main 998500 4.1 1.6 5200; Imp-A 1500         | tailing factor of Main, injection 2                       |
        | TC-OQ-0647 | plates of the first          | plates 5200        | Main 998600 4.1 1.5 5199; Imp-A 1400 \| Main 998500 4.1 1.5 5200; Imp-A 1500         | plate count of Main, injection 1                          |
        | TC-OQ-0648 | resolution of the second     | resolution 2.0     | Main 998600 4.1 1.5 5200 2.0; Imp-A 1400 \| Main 998500 4.1 1.5 5200 1.9; Imp-A 1500 | resolution of Main, injection 2                           |
        | TC-OQ-0649 | no resolution                | resolution 2.0     | Main 998600 4.1 1.5 5200 2.0; Imp-A 1400 \| Main 998500 4.1 1.5 5200; Imp-A 1500     | resolution of Main, injection 2                           |
        | TC-OQ-0650 | too early                    | retention_low 4.1  | Main 998600 4.1; Imp-A 1400 \| Main 998500 4.0; Imp-A 1500                           | retention time of Main, injection 2                       |
        | TC-OQ-0651 | too late                     | retention_high 4.1 | Main 998600 4.2; Imp-A 1400 \| Main 998500 4.1; Imp-A 1500                           | retention time of Main, injection 1                       |
        | TC-OQ-0652 | areas that scatter           | area_rsd 0.007     | Main 998600; Imp-A 1400 \| Main 998500; Imp-A 1500                                   | relative standard deviation of the area of Main           |
        | TC-OQ-0653 | retention times that scatter | retention_rsd 1.7  | Main 998600 4.1; Imp-A 1400 \| Main 998500 4.2; Imp-A 1500                           | relative standard deviation of the retention time of Main |
        | TC-OQ-0654 | no main peak                 | none               | Main 998600; Imp-A 1400 \| Imp-B 998500; Imp-A 1500                                  | no peak 'Main'                                            |
