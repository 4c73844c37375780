"""Results of tests in the formats of other tools. Out: copies of a run; the record is always the run folder. In: imported evidence."""
