"""A Databricks workspace, read over its REST interface by an account that can do nothing else."""
