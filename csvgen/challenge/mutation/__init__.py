"""Mutation testing: does the generated OQ notice small changes of the code under validation?

Mutants of `csvgen/audit`, `csvgen/signature`, `csvgen/identity` and `csvgen/pipeline` run in the server process of the local target, and
the drafted OQ is executed against them by csvgen's own pytest plugin. No unit test takes part. The score is an engineering measure of
the scripts, never an acceptance criterion.

    mutants     every mutant of a source file (operators of cosmic-ray), and which of them count
    levels      the three protocols: the same criteria drafted at low, medium and high depth
    reach       which lines each case executes in the server process, measured once
    overlay     one mutant in the server process, without a changed file on disk
    zygote      processes of the system, forked from one that has imported the third-party packages
    relay       what the driver starts in place of a server: its streams go to a process of the zygote
    driver      pytest, collected once; cases executed in a forked process, until the first is red
    campaign    the sample, worked off and written down line by line; goes on where it was ended
    score       verdicts, the score with its interval, the page of results
"""
