"""What importing a model loads: never PaddlePaddle, and nothing heavy where nothing is computed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_IMPORT = """
import sys
from pathlib import Path
from oarlock_opt.cache import Cache
from oarlock_opt.imported import import_model
from oarlock_opt.source import find_files

import_model(find_files(Path(sys.argv[1])), None, lite_version="2.12", folder=Path(sys.argv[2]), cache=Cache.none())
print(*(name for name in ("numpy", "paddle", "PIL", "rich", "yaml") if name in sys.modules))
"""


@pytest.mark.parametrize("folder", ["models", "pir_models"])
def test_a_network_of_convolutions_needs_none_of_these(
    folder: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    model = request.getfixturevalue(folder) / "digits"
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT, str(model), str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
