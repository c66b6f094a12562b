"""What a mechanism declares is what it does, and anything else is an error."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import pytest

from patronage.errors import ModelError
from patronage.model import observe, step
from patronage.model.mechanism import PHASES, Draw, Mechanism, Parameters, Phase, View

from ..oracle.engine import Inputs, inputs_of, shape_of
from ..oracle.worlds import Size, make_cases
from .tables import read_parameters

SIZE = Size(3, 2, markets=(2,), choosers=(0, 1))


@cache
def inputs() -> Inputs:
    """One member of a random world."""
    return inputs_of(make_cases(2, SIZE, 1, False), SIZE, False, jnp.float32)


@cache
def traced() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """What each phase read, and the parameters each mechanism used, while a month was traced."""
    read: dict[str, set[str]] = defaultdict(set)
    used: dict[str, set[str]] = defaultdict(set)

    class Watched(View):
        def __getattr__(self, name: str) -> Any:
            value = super().__getattr__(name)
            read[self.__dict__["_who"]].add(name)
            return value

        def act(self, instrument: str) -> Any:
            read[self.__dict__["_who"]].add(f"act.{instrument}")
            return super().act(instrument)

    class Counted(Parameters):
        def __getattr__(self, name: str) -> Any:
            used[self.__dict__["_mechanism"]].add(name)
            return super().__getattr__(name)

    def month(given: Any) -> Any:
        after, known = step.step(*given, shape_of(SIZE))
        watch = Counted("observation", given[3]["observation"])
        return after, {name: observe.observe(known, watch, name) for name in observe.DIMS}

    one = inputs()
    given = (one.state, one.month, one.setting, one.params, one.table, one.draws)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step, "View", Watched)
        patch.setattr(step, "Parameters", Counted)
        jax.eval_shape(month, given)
    return dict(read), dict(used)


def phase(function: Any, **changes: Any) -> Phase:
    """A phase that reads support and writes it, unless changed."""
    return Phase(**{
        "name": "react", "function": function, "reads": ("support",), "writes": ("support",),
        **changes,
    })  # fmt: skip


def run_one(one: Phase, known: dict[str, Any]) -> None:
    """Run a phase as the mechanism 'domestic'."""
    mechanism = Mechanism("domestic", (one,))
    step.run_phase(known, mechanism, one, {"domestic": {}}, None, {}, jnp.ones(len(step.NAMES)))


def fields() -> dict[str, Any]:
    """Two fields to read."""
    return {"support": jnp.ones((2, 1)), "gdp": jnp.ones((2, 1))}


def test_undeclared_reads_are_refused() -> None:
    """Fields and acts that a phase did not declare, and fields that nobody has written yet."""
    view = View(fields(), lambda name: jnp.ones((2, 2, 1)), ("support", "output", "act.lift"), "x")
    assert view.support.shape == (2, 1)
    assert view.act("lift").shape == (2, 2, 1)
    with pytest.raises(ModelError, match="reads 'gdp' without declaring it"):
        _ = view.gdp
    with pytest.raises(ModelError, match="before any mechanism wrote it"):
        _ = view.output
    with pytest.raises(ModelError, match="act 'purge' without declaring it"):
        view.act("purge")
    with pytest.raises(ModelError, match="act 'purge' without declaring it"):
        view.received("purge")
    with pytest.raises(ModelError, match="reads 'gdp' without declaring it"):
        run_one(phase(lambda s, p: {"support": s.gdp}), fields())


@pytest.mark.parametrize("wrote", [(), ("support", "gdp"), ("gdp",)])
def test_writes_must_be_those_declared(wrote: tuple[str, ...]) -> None:
    """Neither more nor less than declared."""
    with pytest.raises(ModelError, match="against its declaration"):
        run_one(phase(lambda s, p: dict.fromkeys(wrote, s.support)), fields())


def test_fields_of_the_month_need_a_neutral_value() -> None:
    """Without one there is nothing to put where the mechanism is off."""
    one = phase(lambda s, p: {"mirth": s.support}, writes=("mirth",))
    with pytest.raises(ModelError, match="no neutral value"):
        run_one(one, fields())
    known = fields()
    run_one(replace(one, neutral={"mirth": 0.0}), known)
    assert (known["mirth"] == 1).all()


def test_unknown_parameters_are_refused() -> None:
    """With the nearest name that there is."""
    p = Parameters("affinity", {"inertia": jnp.ones(())})
    assert float(p.inertia) == 1
    assert p.used == {"inertia"}
    with pytest.raises(ModelError, match="no parameter 'inertai'") as error:
        _ = p.inertai
    assert "inertia" in str(error.value)


def test_phases_come_in_the_order_of_the_month() -> None:
    """A mechanism with phases the other way about, or of no known name, cannot be made."""
    both = tuple(phase(lambda s, p: {}, name=name) for name in ("settle", "react"))
    assert Mechanism("x", both).phases == both
    with pytest.raises(ModelError, match="out of order"):
        Mechanism("x", both[::-1])
    with pytest.raises(ModelError, match="phase 'dream'"):
        Mechanism("x", (phase(lambda s, p: {}, name="dream"),))


def test_every_phase_has_a_place_in_the_month() -> None:
    """The order lists each phase once, and a phase left out of it is noticed."""
    names = [f"{m.name}.{p.name}" for m, p in step.PLAN]
    assert len(set(names)) == len(names) == sum(len(m.phases) for m in step.MECHANISMS)
    places = [PHASES.index(p.name) for _, p in step.PLAN]
    assert places == sorted(places)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step, "ORDER", step.ORDER[:-1])
        with pytest.raises(ModelError, match="the order lists"):
            step.phases()


def test_everything_declared_is_read() -> None:
    """No phase declares a field or an act that it does not read."""
    read, _ = traced()
    idle = {
        f"{m.name}.{p.name}": set(p.reads) - read[f"{m.name}.{p.name}"]
        for m, p in step.PLAN
        if set(p.reads) - read[f"{m.name}.{p.name}"]
    }
    assert not idle


def test_every_parameter_is_used() -> None:
    """By its own mechanism; how far votes scatter is used where data are compared only."""
    _, used = traced()
    elsewhere = {"observation.dispersion"}
    assert {r.key for r in read_parameters()} - elsewhere == {
        f"{m}.{name}" for m, names in used.items() for name in names
    }


def test_draws_are_of_known_kinds() -> None:
    """Every draw is normal or uniform over dimensions that have a length."""
    draws = [d for _, p in step.PLAN for d in p.draws.values()]
    assert draws
    assert {d.kind for d in draws} == {"normal", "uniform"}
    assert all(isinstance(d, Draw) and shape_of(SIZE).size(d.dims) for d in draws)
