"""What every test folder shares: --full, measured figures, the command line, the engine, a bundle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from oarlock import store

if TYPE_CHECKING:
    from tests.digits import DigitsDPN

ROOT = Path(__file__).parent.parent
Run = Callable[..., subprocess.CompletedProcess[str]]
Figure = Callable[[str, float], None]
SmallDisk = Callable[[int], Path]

# What earlier runs left in the user's cache must neither help nor hide anything; tests/opt/test_cache.py turns it on.
os.environ["OARLOCK_CACHE_SIZE"] = "0"

_FIGURES = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the tests that take long as well")


# The files that take longest, by name. They go first, so that no process works alone at the end.
_LONGEST = (
    "test_fake_engine.py", "test_opt_int8.py", "test_contents.py", "test_fuzzers.py", "test_installed.py",
    "test_dpn.py", "test_readme.py", "test_coverage.py", "test_planted_errors.py",
    "test_mutations.py", "test_networks.py",
)  # fmt: skip


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    ranks = {name: rank for rank, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path.name, len(ranks)))
    if config.getoption("--full"):
        return
    long = [item for item in items if item.get_closest_marker("full")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if not item.get_closest_marker("full")]


@pytest.fixture(scope="session")
def figure(pytestconfig: pytest.Config) -> Figure:
    """Records a measured figure for the summary after the tests: ``figure("DPN68: relative error", 2e-7)``."""
    lines = pytestconfig.stash.setdefault(_FIGURES, [])
    return lambda name, value: lines.append(f"{name}: {value:.4g}")


class _Workers:
    """With pytest-xdist, which spreads the files over processes: a worker's figures reach the summary, too."""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if (output := getattr(session.config, "workeroutput", None)) is not None:
            output["figures"] = session.config.stash.get(_FIGURES, [])

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        lines = node.config.stash.setdefault(_FIGURES, [])
        lines += getattr(node, "workeroutput", {}).get("figures", [])


def pytest_configure(config: pytest.Config) -> None:
    # A shell starts what it puts into the background without Ctrl-C, which children inherit and some tests send.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.pluginmanager.register(_Workers())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if lines := config.stash.get(_FIGURES, []):
        terminalreporter.section("figures")
        for line in lines:
            terminalreporter.write_line(line)


def run_oarlock(
    *arguments: str | Path, status: int = 0, timeout: float = 600, **options: object
) -> subprocess.CompletedProcess[str]:
    """Run the installed command in a process of its own; it must end with ``status`` and print no traceback."""
    command = [Path(sys.executable).with_name("oarlock"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, **options)  # type: ignore[call-overload]
    assert done.returncode == status, f"{arguments}\nstdout: {done.stdout}\nstderr: {done.stderr}"
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="session")
def oarlock_cli() -> Run:
    """The command line: ``oarlock_cli("predict", bundle, status=1)``."""
    return run_oarlock


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """Mounts a file system of so many kB: ``small_disk(64)`` gives its folder. Skips where that takes more rights."""
    mounted: list[Path] = []

    def mount(kilobytes: int) -> Path:
        folder = tmp_path / f"disk-{len(mounted)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            pytest.skip("mounting a tmpfs needs root")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(scope="session")
def engine() -> Path:
    """The library of Paddle Lite 2.12 for this machine, installed where it is missing."""
    return store.install().library


@pytest.fixture(scope="session")
def photographs() -> Path:
    """The folder of photographs that the scikit-image package brings."""
    import skimage

    return Path(skimage.__file__).parent / "data"


@pytest.fixture(scope="session")
def digits_dpn() -> DigitsDPN:
    """A small DPN trained on scikit-learn's digits, with the pictures; kept in build/ between runs."""
    from tests.digits import trained_digits

    return trained_digits(ROOT / "build" / "digits")


@pytest.fixture(scope="session")
def lite0_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """EfficientNet-Lite0 with its ImageNet weights, as an inference model."""
    folder = tmp_path_factory.mktemp("lite0") / "efficientnet_lite0"
    run_oarlock("export", "EfficientNetLite0", "--weights", "imagenet", "-o", folder)
    return folder


@pytest.fixture(scope="session")
def lite0(lite0_source: Path, engine: Path) -> Path:
    """The bundle of it: x86, arm64 and armv7, with goldens."""
    bundle = lite0_source.with_suffix(".oar")
    run_oarlock("opt", lite0_source, "-o", bundle, "--target", "x86,arm64,armv7")
    return bundle
