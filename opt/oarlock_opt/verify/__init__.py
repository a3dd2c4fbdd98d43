"""The proof: a bundle's variants, where they run, against the reference, stage by stage."""

from __future__ import annotations

from oarlock_opt.verify.results import Verification
from oarlock_opt.verify.run import Listener, Request, verify

__all__ = ["Listener", "Request", "Verification", "verify"]
