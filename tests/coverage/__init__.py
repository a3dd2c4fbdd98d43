"""Which architectures come through Oarlock, and how exactly: ``python -m tests.coverage.run``."""
