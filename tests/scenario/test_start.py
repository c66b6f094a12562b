"""The short way of `validate`: it says what the verb says, and imports nothing of weight."""

from __future__ import annotations

import gc
import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import patronage
from patronage import cli, start

Edit = Callable[[str, str, str], Path]
Said = tuple[int, str, str]


@pytest.fixture
def both(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], tuple[Said, Said]]:
    """Exit code, output and errors of `validate`, the short way and through the verb."""

    def call(main: Callable[[], None], scenario: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["patronage", "validate", scenario])
        with pytest.raises(SystemExit) as caught:
            main()
        said = capsys.readouterr()
        gc.enable()
        return int(caught.value.code or 0), said.out, said.err

    monkeypatch.setenv("PYDANTIC_DISABLE_PLUGINS", "__all__")
    return lambda scenario: (call(start.main, scenario), call(cli.main, scenario))


def test_both_say_the_same(both: Callable[[str], tuple[Said, Said]], edit: Edit) -> None:
    broken = edit("series.csv", "ARC", "ARK")
    for scenario in ("cuba", "tiny", str(broken), str(broken / "scenario.yaml"), "tinny"):
        short, verb = both(scenario)
        assert short == verb
        assert short[0] == (0 if scenario in ("cuba", "tiny") else 2)
    assert "allowed: ARC, BOR, CYL, MAR" in both(str(broken))[0][2]


def test_options_and_ledgers_go_to_the_verb() -> None:
    assert start._is_plain("cuba")
    assert start._is_plain("some/folder")
    assert not start._is_plain("--help")
    assert not start._is_plain("some/claims.yaml")


def run(code: str) -> str:
    """What a fresh Python prints, with the package under test on its path."""
    env = {**os.environ, "PYTHONPATH": str(Path(patronage.__file__).parents[1])}
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
    )
    return out.stdout.strip()


@pytest.mark.parametrize("verb", ["import patronage", "from patronage.scenario.load import read"])
def test_light_start(verb: str) -> None:
    """Neither the package nor a check of a scenario imports the heavy libraries."""
    heavy = "{'jax', 'pandas', 'xarray', 'matplotlib', 'pyarrow', 'scipy', 'numpy'}"
    code = (
        f"import sys; {verb}; 'read' in dir() and read('tiny'); "
        f"print(sorted({heavy} & set(sys.modules)))"
    )
    assert run(code) == "[]"


def test_loading_does_not_import_jax() -> None:
    code = (
        "import sys, patronage; patronage.load('tiny'); "
        "print('jax' in sys.modules, 'numpy' in sys.modules)"
    )
    assert run(code) == "False True"


def test_the_short_way_imports_neither_typer_nor_metadata() -> None:
    code = (
        "import sys; sys.argv = ['patronage', 'validate', 'tiny']\n"
        "from patronage.start import main\n"
        "try: main()\n"
        "except SystemExit as end:\n"
        "    heavy = {'typer', 'numpy', 'importlib.metadata._adapters'}\n"
        "    print(end.code, heavy & set(sys.modules))"
    )
    assert run(code).splitlines()[-1] == "0 set()"


def test_what_stands_for_the_metadata_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.metadata
    stand_in = start._Metadata(start.METADATA)
    monkeypatch.setitem(sys.modules, start.METADATA, stand_in)
    from importlib.metadata import entry_points

    assert sys.modules[start.METADATA] is stand_in
    names = {e.name for e in entry_points(group="console_scripts")}
    assert names == {e.name for e in real.entry_points(group="console_scripts")}
    assert sys.modules[start.METADATA] is not stand_in
    assert stand_in.version("pydantic") == real.version("pydantic")
