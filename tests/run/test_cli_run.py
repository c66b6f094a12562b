"""The verbs that run a scenario and read a run, and what they leave unimported."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from patronage import cli
from patronage.run.manifest import LINES
from patronage.run.results import Results

Run = Callable[..., tuple[int, str, str]]
SMALL = ("--members", "5", "--chunk", "4", "--until", "1950-12")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run the command in this process, in an empty folder: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["patronage", *arguments])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        said = capsys.readouterr()
        return int(caught.value.code or 0), said.out, said.err

    return call


def test_run_export_and_card(run: Run, tmp_path: Path) -> None:
    code, out, err = run("run", "tiny", *SMALL, "--no-report")
    assert (code, err) == (0, "")
    assert "running tiny, 1950-01–1950-12: 5 members × 12 months, seed 1, in 2 chunks of 4" in out
    assert "recording 3 quantities, 8.6 kB before compression" in out
    folder = next((tmp_path / "runs").iterdir())
    assert folder.name.startswith("tiny-1-")
    assert f"results  runs/{folder.name}" in out

    code, out, _ = run("export", str(folder), "--quantity", "support", "--to", "parquet")
    table = pd.read_parquet(tmp_path / out.strip())
    assert (code, len(table)) == (0, 5 * 12 * 4)

    code, out, _ = run("card", str(folder))
    assert code == 0
    assert "| seed | 1 |" in out
    assert "| support | member month state | probability |" in out
    assert "assumed" in out

    # an interrupted run in the usual folder is completed by the same command
    lines = folder / LINES
    lines.write_text(lines.read_text().splitlines()[0] + "\n")
    code, out, _ = run("run", "tiny", *SMALL, "--no-report")
    assert (code, out.startswith("going on with tiny")) == (0, True)
    # and a complete one is made again
    code, out, _ = run("run", "tiny", *SMALL, "--no-report", "--quiet")
    assert (code, out) == (0, "")


def test_a_run_beyond_its_series_says_so(run: Run) -> None:
    code, out, _ = run("run", "tiny", "--members", "2", "--until", "1955-12", "--no-report")
    assert code == 0
    assert "note: no series of tiny goes on after 1953-06; values are held from there" in out


def test_a_wrong_cluster_costs_no_finished_run(run: Run, tmp_path: Path) -> None:
    """The usual folder is made anew by the same command, but not before that can go well."""
    assert run("run", "tiny", *SMALL, "--no-report", "--quiet")[0] == 0
    folder = next((tmp_path / "runs").iterdir())
    before = (folder / LINES).read_text()
    for cluster, said in (
        ("slurm:nowhere.yaml", "nowhere.yaml: cannot be read"),
        ("tcp://127.0.0.1:9", "no scheduler answers"),
        ("tcp://127.0.0.1:x", "no scheduler answers"),
        ("tcp://127.0.0.1:99999", "no scheduler answers"),
    ):
        code, _, err = run("run", "tiny", *SMALL, "--cluster", cluster)
        assert (code, said in err) == (2, True)
        assert (folder / LINES).read_text() == before
    code, _, err = run("card", str(folder), "--scenario", "cuba")
    assert (code, "allowed: tiny" in err) == (2, True)


def test_a_long_run_shows_a_first_table(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the chunks that are done, with their number; a short run shows one table only."""
    from patronage.run import console

    same = ("run", "tiny", *SMALL, "--no-report", "--every", "year", "--quantiles", "0.5",
            "--no-events", "--record", "support")  # fmt: skip
    monkeypatch.setattr(console, "PATIENCE", 1e9)
    code, out, _ = run(*same)
    assert (code, out.count("Median, and below it"), "provisional" in out) == (0, 1, False)
    monkeypatch.setattr(console, "PATIENCE", -1.0)
    monkeypatch.setattr(console, "SHOWN", 4)
    code, out, _ = run(*same, "--out", "x")
    assert code == 0
    assert out.count("Median, and below it") == 2
    assert re.search("provisional: the first [14] of 5 members to be done", out)
    assert "tables and figures: the first 4 of 5 members" in out
    assert Results.open("x").quantiles["support"].sizes == {"quantile": 1, "month": 1, "state": 4}
    assert Results.open("x").log.empty


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "cubba"), "did you mean: cuba?"),
        (("run", "tiny", "--members", "0"), "members: 0 is out of range"),
        (("run", "tiny", "--until", "1900-01"), "before the start"),
        (("run", "tiny", "--record", "suport"), "did you mean: support?"),
        (("run", "tiny", "--quantiles", "0.5,half"), "levels are numbers with commas"),
        (("run", "tiny", "--every", "yaer"), "did you mean: year?"),
        (("run", "tiny", "--cluster", "loacl"), "did you mean: local?"),
        (("run", "tiny", "--out", "new", "--resume"), "there is no run to resume"),
        (("export", "nowhere"), "no run here"),
        (("card", "nowhere"), "no run here"),
        (("data", "import", "nowhere", "--out", "panel"), "nowhere"),
        (("classics", "eum", "--inputs", "nowhere.csv"), "nowhere.csv"),
    ],
)
def test_wrong_input_is_told(run: Run, arguments: tuple[str, ...], words: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err


def test_stopped_from_the_keyboard(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from patronage.run import chunks

    def stop(self: object, k: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(chunks.Engine, "run", stop)
    code, _, err = run("run", "tiny", *SMALL, "--quiet")
    assert code == 130
    assert "interrupted; 0 of 2 chunks are kept" in err


def test_light_verbs_import_nothing_heavy() -> None:
    """In a fresh process, since others may have imported all of it here."""
    script = (
        "import sys\n"
        "from patronage import cli\n"
        "for arguments in (['--help'], ['run', '--help'], ['validate', 'tiny']):\n"
        "    sys.argv = ['patronage', *arguments]\n"
        "    try:\n"
        "        cli.main()\n"
        "    except SystemExit as end:\n"
        "        assert not end.code, end.code\n"
        "heavy = {'jax', 'xarray', 'pandas', 'matplotlib', 'zarr', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    source = Path(cli.__file__).parents[1]
    subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        stdout=subprocess.DEVNULL,
        env={"PYTHONPATH": str(source), "PATH": ""},
    )


def test_the_package_is_the_verb() -> None:
    """Whatever was imported before, `patronage.run` can be called, and holds its modules."""
    for first in ("import patronage.run.store", "patronage.run"):
        script = (
            f"import inspect, patronage\n{first}\n"
            "import patronage.run.ensemble\n"
            "assert callable(patronage.run)\n"
            "assert patronage.run.ensemble.run.__name__ == 'run'\n"
            "assert 'members' in inspect.signature(patronage.run).parameters\n"
        )
        source = Path(cli.__file__).parents[1]
        subprocess.run(
            [sys.executable, "-c", script], check=True, env={"PYTHONPATH": str(source), "PATH": ""}
        )
