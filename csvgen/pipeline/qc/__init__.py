"""QC release testing as a pipeline: what its steps calculate, and how results and parameters travel between steps as bytes and text."""
