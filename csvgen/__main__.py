"""python -m csvgen."""

from csvgen.cli import main

main()
