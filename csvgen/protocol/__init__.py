"""From risk to test: drafting protocols as Gherkin, reading them back, and keeping their ids for ever."""
