"""MLflow's own server, set up as the specification of this example says it has to be."""
