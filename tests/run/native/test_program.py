"""The month in C++ against the month through XLA, and which of them runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from patronage.errors import ModelError, RunError
from patronage.model import step
from patronage.run import keys, native, simulate
from patronage.run.compile import compile_world, first_state
from patronage.run.native import blocks, build
from patronage.run.native import program as translated
from patronage.run.native.secrets import secrets_of
from patronage.scenario.load import load

needs_compiler = pytest.mark.skipif(build.find_compiler() is None, reason="no C++ compiler")
QUANTITIES = ("un_agreement", "transfer", "shortage", "support", "crisis_rung", "production")
MEMBERS = 20  # more than a vector holds, and no multiple of it


def program(engine: str, params: Any = None, width: int = MEMBERS) -> tuple[Any, Any]:
    """The tiny world's first two years by an engine, and its first state."""
    compiled = compile_world(load("tiny").until("1951-12"))
    compiled = replace(compiled, recorded=QUANTITIES, every=6)
    state = first_state(load("tiny"), width, compiled.params)
    return simulate.build(compiled, state, params, engine=engine), state


@needs_compiler
def test_agrees_with_xla() -> None:
    """To rounding, in every quantity, the log, and the state at the end."""
    (mine, state), (theirs, _) = program("native"), program("xla")
    end, chunk = mine(state, np.arange(MEMBERS), 5)
    other, reference = theirs(state, np.arange(MEMBERS), 5)
    for name in QUANTITIES:
        scale = np.abs(reference.recorded[name]).max() + 1e-6
        off = np.abs(chunk.recorded[name] - reference.recorded[name])
        assert off.max() < 1e-5 * scale, name
    for name, marks in reference.log.items():
        assert chunk.log[name].dtype == marks.dtype
        np.testing.assert_allclose(chunk.log[name], marks, atol=1e-2, err_msg=name)
    for one, two in zip(jax.tree.leaves(end), jax.tree.leaves(other), strict=True):
        assert np.abs(one - np.asarray(two)).max() < 1e-5 * (np.abs(np.asarray(two)).max() + 1e-6)
    assert (chunk.broken == -1).all()


@needs_compiler
def test_a_member_is_the_same_alone_and_among_others() -> None:
    """To the bit, wherever it stands in a vector."""
    run, state = program("native")
    _, many = run(state, np.arange(MEMBERS), 5)
    alone = jax.tree.map(lambda x: np.asarray(x)[..., :1], state)
    _, one = run(alone, np.array([17]), 5)
    for name in QUANTITIES:
        np.testing.assert_array_equal(one.recorded[name][..., 0], many.recorded[name][..., 17])


@needs_compiler
def test_months_that_differ_by_member_agree_with_xla() -> None:
    """Each member with its own switches and series; the program is the same for other months."""
    compiled = compile_world(load("tiny").until("1951-12"))
    compiled = replace(compiled, recorded=QUANTITIES, every=6)
    state = first_state(load("tiny"), MEMBERS, compiled.params)
    draw, months = np.random.default_rng(2), compiled.months
    on = draw.random((*months.switches.shape, MEMBERS)) < 0.7
    need = np.asarray(months.need) * draw.uniform(0.5, 1.5, (1, 1, 1, MEMBERS))
    own = replace(months, switches=on.astype(np.float32), need=need.astype(np.float32))
    mine, theirs = (
        simulate.build(replace(compiled, months=own), state, engine=e) for e in ("native", "xla")
    )
    turned = replace(
        compiled, months=replace(own, switches=own.switches[..., ::-1], need=own.need[..., ::-1])
    )
    seen = []
    for months in (mine.compiled, turned):
        _, chunk = mine.on(months)(state, np.arange(MEMBERS), 5)
        _, reference = theirs.on(months)(state, np.arange(MEMBERS), 5)
        for name in QUANTITIES:
            scale = np.abs(reference.recorded[name]).max() + 1e-6
            off = np.abs(chunk.recorded[name] - reference.recorded[name])
            assert off.max() < 1e-5 * scale, name
        seen.append(chunk.recorded["support"])
    assert np.abs(seen[0] - seen[1]).max() > 0.01


@needs_compiler
def test_what_memory_held_before_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is lent uncleared: with NaN all over it the numbers are the same, to the bit."""
    lend = blocks.Blocks.lend

    def soiled(self: blocks.Blocks, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        block = lend(self, shape, dtype)
        block.view(np.uint8)[:] = 0xFF
        return block

    run, state = program("native")
    end, chunk = run(state, np.arange(MEMBERS), 5)
    monkeypatch.setattr(blocks.Blocks, "lend", soiled)
    other, again = run(state, np.arange(MEMBERS), 5)
    for one, two in zip(
        jax.tree.leaves((end, chunk.recorded, chunk.log, chunk.broken)),
        jax.tree.leaves((other, again.recorded, again.log, again.broken)),
        strict=True,
    ):
        np.testing.assert_array_equal(one, two)


def test_memory_is_lent_again_once_nobody_looks_at_it() -> None:
    lender = blocks.Blocks()
    first = lender.lend((3, 4), np.float32)
    place, part = first.ctypes.data, first[1:, ::2]
    del first
    assert lender.lend((3, 4), np.float32).ctypes.data != place, "a view of it is still about"
    del part
    both = [lender.lend((2, 6), np.int32).ctypes.data for _ in range(2)]
    assert place in both
    assert place % 64 == 0


@needs_compiler
def test_numbers_that_stop_being_finite_are_found() -> None:
    run, state = program("native")
    wrong = np.array(state.disposition)
    wrong[0, 1, 3] = np.nan
    _, chunk = run(state.replace(disposition=wrong), np.arange(MEMBERS), 5)
    assert chunk.broken[3] == load("tiny").start
    assert (np.delete(chunk.broken, 3) == -1).all()


@needs_compiler
def test_a_state_of_another_shape_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As XLA does; it would be written over what lies behind it."""
    month = simulate.live_month

    def wrong(*given: Any) -> Any:
        (after, broken), rest = month(*given)
        return (after.replace(disposition=after.disposition[None]), broken), rest

    monkeypatch.setattr(simulate, "live_month", wrong)
    monkeypatch.setattr(translated, "_libraries", {})
    monkeypatch.setattr(translated, "_read", lambda name: None)
    with pytest.raises(ModelError, match=r"disposition goes from \(4, 4\) to \(1, 4, 4\)"):
        program("native")


def test_keys_are_those_of_jax() -> None:
    numbers = np.array([0, 1, 77, 4_000_000], np.uint32)
    theirs = keys.secrets_of(keys.member_keys(9, jnp.asarray(numbers), step.DRAWN))
    for name, words in secrets_of(9, numbers, step.DRAWN).items():
        np.testing.assert_array_equal(words, np.asarray(theirs[name]))


def test_without_a_compiler_xla_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "find_compiler", lambda: None)
    monkeypatch.setenv(native.VARIABLE, "auto")
    assert native.choose_engine() == "xla"
    monkeypatch.setenv(native.VARIABLE, "native")
    with pytest.raises(RunError, match=r"needs a C\+\+ compiler"):
        native.choose_engine()
    monkeypatch.setenv(native.VARIABLE, "nativ")
    with pytest.raises(RunError, match="did you mean: native"):
        native.choose_engine()
