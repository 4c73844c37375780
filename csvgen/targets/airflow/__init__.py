"""An Airflow server: which DAGs it runs, of which bytes, who may do what there, and what its last runs came to."""
