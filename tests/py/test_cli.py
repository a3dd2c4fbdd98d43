"""The program: help, unknown and broken commands, and how failures are told."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import EntryPoint, entry_points

import click
import pytest
from click.testing import CliRunner, Result

import oarlock
from oarlock import cli
from oarlock._checks import host_install
from oarlock.commands._shared import Table, json_option, megabytes, reports_errors
from oarlock.errors import BadImageError

from ..schemas import validate
from .make_golden_help import GROUP, OWN_COMMANDS, PAGES, golden, run

_shipped_command = cli._shipped


@pytest.fixture(autouse=True)
def _runtime_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of the runtime, whatever else is installed."""
    monkeypatch.setattr(cli, "_registered", lambda: dict(OWN_COMMANDS))
    monkeypatch.setattr(cli, "_shipped", lambda name: None)


def test_the_commands_that_are_shipped_are_those_that_are_registered() -> None:
    registered = {entry.name: entry.value for entry in entry_points(group=GROUP) if entry.value.startswith("oarlock")}
    assert set(registered) == set(cli._SHIPPED)
    for name, value in registered.items():
        assert _shipped_command(name) is EntryPoint(name, value, GROUP).load()


@pytest.mark.parametrize("page", PAGES)
def test_help(page: str) -> None:
    """Where a change is wanted, run `python -m tests.py.make_golden_help`."""
    result = run(*page.split(), "--help")
    assert result.exit_code == 0
    assert result.stdout == golden(page).read_text(encoding="utf-8")
    assert run(*page.split(), "-h").stdout == result.stdout


def test_without_arguments_shows_help() -> None:
    result = run()
    assert result.output == run("--help").output
    assert run("lite").output == run("lite", "--help").output


def test_version() -> None:
    assert run("--version").stdout == f"oarlock {oarlock.__version__}\n"
    done = subprocess.run([sys.executable, "-m", "oarlock", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"oarlock {oarlock.__version__}\n"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("predcit", "no command called 'predcit'; did you mean predict?"),
        ("doc", "no command called 'doc'; did you mean doctor?"),
        (
            "xyz",
            "no command called 'xyz'; expected one of: bench, doctor, inspect, keygen, lite, predict, selftest, sign",
        ),
        ("opt", f"opt comes with oarlock-opt: {host_install()}"),
        ("export", f"export comes with oarlock-opt: {host_install()}"),
        ("model", "no command called 'model'; did you mean models?"),
    ],
)
def test_unknown_command(name: str, sentence: str) -> None:
    result = run(name)
    assert result.exit_code == 2
    assert result.stderr.endswith(f"Error: {sentence}\n")


def test_commands_of_other_distributions(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {
        **OWN_COMMANDS,
        "opt": EntryPoint("opt", f"{__name__}:other", GROUP),
        "zeta": EntryPoint("zeta", f"{__name__}:other", GROUP),
        "lost": EntryPoint("lost", "oarlock_nowhere:command", GROUP),
    }
    monkeypatch.setattr(cli, "_registered", lambda: entries)
    assert run("opt").stdout == "other\n"
    text = run("--help").stdout
    assert "  opt       Does other things." in text
    assert "More commands:\n  lost      (cannot start: No module named 'oarlock_nowhere')\n" in text
    assert "\n  zeta      Does other" in text
    lost = run("lost", "--anything")
    assert lost.exit_code == 1
    assert lost.stderr == "Error: lost cannot start: No module named 'oarlock_nowhere'\n"


@click.command()
def other() -> None:
    """Does other things."""
    click.echo("other")


def test_only_the_command_that_runs_is_imported() -> None:
    code = (
        "import sys\n"
        "from oarlock.cli import main\n"
        "try: main(['lite', 'list'], standalone_mode=False)\n"
        "finally: print([name for name in sys.modules if name.startswith(('oarlock_opt', 'paddle', 'PIL', 'numpy', "
        "'oarlock.commands.'))])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "['oarlock.commands._shared', 'oarlock.commands.lite']"


class TestReportsErrors:
    @staticmethod
    def _invoke(error: BaseException, *arguments: str) -> Result:
        @click.command()
        @json_option
        @reports_errors
        def command(as_json: bool) -> None:
            raise error

        return CliRunner().invoke(command, list(arguments))

    def test_sentence(self) -> None:
        result = self._invoke(BadImageError("x.png: is empty"))
        assert (result.exit_code, result.stdout, result.stderr) == (1, "", "Error: x.png: is empty\n")

    @pytest.mark.parametrize(
        ("error", "code", "message"),
        [
            (BadImageError("x.png: is empty"), "OAR-BAD-IMAGE", "x.png: is empty"),
            (FileNotFoundError(2, "No such file or directory", "x"), "OAR-IO", "x: No such file or directory"),
            (OSError(28, "No space left on device"), "OAR-IO", "No space left on device"),
            (TimeoutError(), "OAR-IO", "TimeoutError"),
        ],
    )
    def test_json(self, error: Exception, code: str, message: str) -> None:
        result = self._invoke(error, "--json")
        failure = json.loads(result.stdout)
        validate(failure, "failure")
        assert failure["error"] == {"code": code, "message": message}
        assert (result.exit_code, result.stderr) == (1, f"Error: {message}\n")

    def test_ctrl_c(self) -> None:
        result = self._invoke(KeyboardInterrupt(), "--json")
        assert (result.exit_code, result.stdout, result.stderr) == (130, "", "Interrupted.\n")

    def test_usage_errors_pass(self) -> None:
        result = self._invoke(click.UsageError("no"))
        assert result.exit_code == 2
        assert result.stderr.endswith("Error: no\n")

    def test_defects_pass(self) -> None:
        assert isinstance(self._invoke(ZeroDivisionError("x")).exception, ZeroDivisionError)


def test_reader_that_goes_away() -> None:
    command = [sys.executable, "-m", "oarlock", "doctor", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.close()
        assert child.stderr is not None
        assert child.stderr.read() == b""


def test_table() -> None:
    table = Table("name", ">size", "note")
    table.add("a", 1, None)
    table.add("longer", 12345, "x")
    assert str(table).splitlines() == ["name     size  note", "a           1  -", "longer  12345  x"]
    with pytest.raises(ValueError, match="a row of 2 cells, expected 3"):
        table.add("a", "b")


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (999_900, "999.9 kB"), (18_600_000, "18.6 MB")],
)
def test_megabytes(size: int, text: str) -> None:
    assert megabytes(size) == text
