"""``python -m oarlock``: the program ``oarlock``."""

from oarlock.cli import main

main(prog_name="oarlock")
