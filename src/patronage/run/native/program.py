"""The translated month, compiled and run: groups of sixteen members take turns."""

from __future__ import annotations

import copy
import ctypes
import pickle
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from patronage.errors import RunError
from patronage.model.state import State
from patronage.model.step import DRAWN
from patronage.run import programs
from patronage.run.cache import folder_in_use
from patronage.run.compile import Compiled
from patronage.run.native import build
from patronage.run.native.blocks import Blocks
from patronage.run.native.graph import UnsupportedError
from patronage.run.native.layout import LANES, Layout
from patronage.run.native.secrets import secrets_of
from patronage.run.native.translate import STRETCH, WORST, dated_of, name_of, translate


@dataclass(frozen=True)
class Plan:
    """What is kept of a translation: its library, where arrays lie, and sizes of memory."""

    library: str
    layouts: dict[str, Layout]
    scratch: int
    once_words: int
    monthly_words: int


@dataclass(frozen=True)
class Library:
    """A compiled month, for worlds of one form."""

    plan: Plan
    run: Any


_libraries: dict[str, Library] = {}


def obtain(compiled: Compiled, state: State, params: Any, logged: bool) -> Library:
    """The library for worlds of this form: in memory, on disk, else translated and compiled.

    Errors: RunError where the model or the machine does not allow it.
    """
    name = programs.key_of(("native", *_form(compiled, state, params, logged)))
    if name not in _libraries:
        _libraries[name] = _read(name) or _make(name, compiled, state, params, logged)
    return _libraries[name]


def _form(compiled: Compiled, state: State, params: Any, logged: bool) -> tuple[Any, ...]:
    """All that a translation hangs on: neither members nor months, neither seed nor values."""
    rows, row_tree = jax.tree.flatten(dated_of(compiled))
    wide = len(jax.tree.leaves(dated_of(compiled)[1]))
    leaves, tree = jax.tree.flatten((compiled.setting, compiled.table, flatten(params)))
    shapes = tuple((x.shape, str(x.dtype)) for x in leaves)
    shapes += (str(row_tree), *((x.shape[1:], str(x.dtype)) for x in rows[: len(rows) - wide]))
    shapes += tuple((x.shape[1:-1], str(x.dtype)) for x in rows[len(rows) - wide :])
    own = jax.tree.map(lambda x: (x.shape[:-1], str(x.dtype)), state)
    return (str(tree), shapes, str(own), compiled.shape, compiled.recorded, logged, build.sign())


def flatten(params: Any) -> np.ndarray:
    """All parameters as one array (parameter, member or 1), in the order of `mechanism.stack`."""
    names = sorted((m, n) for m, values in params.items() for n in values)
    rows = [np.atleast_1d(np.asarray(params[m][n], np.float32)) for m, n in names]
    members = max(len(row) for row in rows)
    return np.stack([np.broadcast_to(row, (members,)) for row in rows])


def _read(name: str) -> Library | None:
    folder = folder_in_use()
    if folder is None:
        return None
    try:
        plan: Plan = pickle.loads((folder / f"native-{name}").read_bytes())
        return Library(plan, _load(str(folder / plan.library)))
    except Exception:  # none, a torn one, or one of another version: it is made again
        return None


def _make(name: str, compiled: Compiled, state: State, params: Any, logged: bool) -> Library:
    try:
        translation = translate(compiled, state, params, logged)
    except UnsupportedError as why:
        raise RunError(
            f"the month cannot be translated to C++ ({why}); PATRONAGE_ENGINE=xla runs it",
            where="engine",
        ) from why
    source = translation.source
    path = build.build(source.pieces)
    layouts = dict(translation.layouts)
    plan = Plan(path.name, layouts, source.scratch, source.once_words, source.monthly_words)
    folder = folder_in_use()
    if folder is not None and path.parent == folder:
        build.write(folder / f"native-{name}", pickle.dumps(plan))
    return Library(plan, _load(str(path)))


def _load(path: str) -> Any:
    run = ctypes.CDLL(path).run
    run.restype = ctypes.c_int
    return run


class NativeProgram:
    """The months of a world on a library; may be called from threads."""

    def __init__(self, compiled: Compiled, state: State, params: Any, logged: bool) -> None:
        self.compiled = compiled
        self.library = obtain(compiled, state, params, logged)
        layouts = self.library.plan.layouts
        self.own = flatten(params).shape[1] > 1
        values = () if self.own else flatten(params)
        self._values = values
        self._lasting = layouts["K"].fill_narrow(
            {"K": (compiled.setting, compiled.table, values)}, 1
        )
        self._blocks = Blocks()
        self._first: tuple[State, int, np.ndarray] | None = None
        self._scale = np.ones(layouts["R"].size, np.float32)
        for path in layouts["R"].fields:
            if name_of(path) not in WORST:
                self._scale[layouts["R"].span(path)] = compiled.every
        self._read_months()

    def _read_months(self) -> None:
        layouts = self.library.plan.layouts
        self.months = len(self.compiled.months.number)
        shared, self._apart = dated_of(self.compiled)
        self._dated = layouts["M"].fill_narrow({"M": shared}, self.months)

    def on(self, compiled: Compiled) -> NativeProgram:
        """The same program on other months of the same form."""
        other = copy.copy(self)
        other.compiled = compiled
        other._read_months()
        return other

    def __call__(
        self, state: State, members: np.ndarray, seed: int, params: Any | None = None
    ) -> tuple[State, Any]:
        """As `simulate`."""
        plan = self.library.plan
        numbers = np.asarray(members, np.uint32)
        groups = -(-len(numbers) // LANES)
        memory = self._fill(state, numbers, seed, params, groups)
        every = self.compiled.every
        for name, rows, dtype in (
            ("R", self.months // every, np.float32),
            ("E", self.months, np.int8),
            ("H", self.months, np.float32),
        ):
            shape = (rows, plan.layouts[name].size, groups * LANES)
            memory[name] = self._blocks.lend(shape, dtype)
        memory["N0"] = self._blocks.lend((plan.once_words,), np.float32)
        memory["N1"] = self._blocks.lend((STRETCH, plan.monthly_words), np.float32)
        memory["W"] = self._blocks.lend((plan.scratch, LANES), np.float32)
        odd = self._call(memory, groups)
        return self._gather(memory, memory["Y" if odd else "X"], state, len(numbers))

    def _fill(
        self, state: State, numbers: np.ndarray, seed: int, params: Any, groups: int
    ) -> dict[str, np.ndarray]:
        layouts = self.library.plan.layouts
        lasting = self._lasting
        apart: Any = ()
        if params is not None:
            values = flatten(params)
            if self.own:
                apart = values
            else:
                lasting = self._fill_lasting(params)
        secrets = secrets_of(seed, numbers, DRAWN)

        def lend(layout: str) -> np.ndarray:
            return self._blocks.lend((groups, layouts[layout].size, LANES), np.uint32)

        start = lend("X")
        start[:] = self._fill_first(state, len(numbers), groups)
        return {
            "K": lasting,
            "M": self._dated,
            "D": self._fill_dated(groups),
            "X": start,
            "Y": lend("X"),
            "G": layouts["G"].fill_wide({"G": (secrets, apart)}, lend("G")),
            "A": lend("R"),
            "scale": self._scale,
        }

    def _fill_first(self, state: State, members: int, groups: int) -> np.ndarray:
        """The first state, laid out; most callers begin every chunk with the same."""
        known = self._first
        if known is None or known[0] is not state or known[1] != members:
            layout = self.library.plan.layouts["X"]
            memory = np.empty((groups, layout.size, LANES), np.uint32)
            unbroken = np.full(members, -1, np.int32)
            known = self._first = (
                state,
                members,
                layout.fill_wide({"X": (state, unbroken)}, memory),
            )
        return known[2]

    def _fill_dated(self, groups: int) -> np.ndarray:
        layout = self.library.plan.layouts["D"]
        rows = self.months if layout.size else 0
        memory = self._blocks.lend((rows, groups, layout.size, LANES), np.uint32)
        return layout.fill_dated({"D": self._apart}, memory) if rows else memory

    def _fill_lasting(self, params: Any) -> np.ndarray:
        values = () if self.own else flatten(params)
        lasting = (self.compiled.setting, self.compiled.table, values)
        return self.library.plan.layouts["K"].fill_narrow({"K": lasting}, 1)

    def _call(self, memory: dict[str, np.ndarray], groups: int) -> int:
        plan = self.library.plan

        def at(name: str) -> ctypes.c_void_p:
            return ctypes.c_void_p(memory[name].ctypes.data)

        size = {name: ctypes.c_long(layout.size) for name, layout in plan.layouts.items()}
        return self.library.run(
            at("K"), at("M"), size["M"], self.months, self.compiled.every, groups,
            at("G"), size["G"], at("D"), size["D"], at("X"), at("Y"), size["X"],
            at("A"), at("R"), size["R"], at("scale"), at("E"), size["E"],
            at("H"), size["H"], at("N0"), at("N1"),
            ctypes.c_long(plan.monthly_words), at("W"),
        )  # fmt: skip

    def _gather(
        self, memory: dict[str, np.ndarray], end: np.ndarray, state: State, members: int
    ) -> tuple[State, Any]:
        """Arrays with members last, from the memory of the groups."""
        from patronage.run.simulate import Chunk

        layouts = self.library.plan.layouts
        paths = list(layouts["X"].fields)
        leaves = [layouts["X"].take_wide(end.view(np.float32), p, members) for p in paths[:-1]]
        broken = layouts["X"].take_wide(end.view(np.int32), paths[-1], members)
        after = jax.tree.unflatten(jax.tree.structure(state), leaves)
        recorded, log = (
            {
                name_of(path): layouts[name].take_rows(memory[name], path, members)
                for name in names
                for path in layouts[name].fields
            }
            for names in ("R", "EH")
        )
        half = {name: log[name].astype(np.float16) for name in log if log[name].dtype.kind == "f"}
        return after, Chunk(recorded, log | half, broken)
