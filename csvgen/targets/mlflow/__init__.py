"""An MLflow server: who may do what there, which runs and models it shows, and whether they are still as they were sealed."""
