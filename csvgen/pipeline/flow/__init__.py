"""What every pipeline here shares: the definition of steps, how they are performed, and the record of a run.

A pipeline is a list of small pure steps over named bytes. The same step gives the same bytes in this process, in a container
and in a worker of an orchestrator; only the executor differs.
"""
