"""The host side of Oarlock: from a PaddlePaddle model to a bundle for devices.

``import oarlock_opt`` loads nothing; PaddlePaddle is only ever loaded in child processes.
"""

from __future__ import annotations
