"""An AWS account, read through boto3 by an account that can do nothing else."""
