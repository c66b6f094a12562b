"""From the month as JAX traced it to a graph of nodes.

Nested functions are opened, short loops unrolled, views resolved, known arrays computed, and equal
nodes made once. What is the same for all members leaves the branches it stands in: it is cheap,
and worked out once for all groups of members.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from patronage.run.native.graph import (
    Access,
    Branch,
    Graph,
    Node,
    Shape,
    Step,
    UnsupportedError,
    values_of,
    view,
)
from patronage.run.native.views import VIEWS, lane_of, row_of, shrink, simplify

EACH = frozenset(
    [
        "add",
        "sub",
        "mul",
        "div",
        "max",
        "min",
        "neg",
        "sign",
        "floor",
        "ceil",
        "round",
        "abs",
        "exp",
        "exp2",
        "log",
        "log1p",
        "expm1",
        "tanh",
        "logistic",
        "sqrt",
        "rsqrt",
        "pow",
        "integer_pow",
        "square",
        "gt",
        "ge",
        "lt",
        "le",
        "eq",
        "ne",
        "and",
        "or",
        "xor",
        "not",
        "select_n",
        "convert_element_type",
        "is_finite",
        "shift_left",
        "shift_right_logical",
        "rem",
        "clamp",
        "bitcast_convert_type",
        "erf_inv",
    ]
)
REDUCE = frozenset(
    ["reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "reduce_and", "reduce_or"]
)
SAME = frozenset(["copy", "copy_p", "stop_gradient", "optimization_barrier", "reduce_precision"])
MOST_UNROLLED = 64
MOST_FOLDED = 1 << 16


def dtype_of(dtype: Any) -> str:
    """f, i, u or b; small integers and half floats are computed as the full ones."""
    kind = np.dtype(dtype).kind if str(dtype) != "bfloat16" else "f"
    if kind not in "fiub":
        raise UnsupportedError(f"numbers of type {dtype}")
    return kind


class Reader:
    """Builds the graph, equation by equation."""

    def __init__(self) -> None:
        self.once: list[Node] = []
        self.monthly: list[Node] = []
        self.steps: list[Step] = []
        self._known: list[dict[Any, Node]] = [{}]
        self._count = 0

    # --- nodes -------------------------------------------------------------------------------

    def input(self, name: str, shape: Shape, dtype: str, lane: int | None, stage: int) -> Access:
        """An array handed over by the caller."""
        node = Node("input", name, shape, dtype, lane=lane, stage=stage)
        return view(self._number(node))

    def literal(self, value: Any) -> Access:
        """A known array."""
        array = np.asarray(value)
        kind = dtype_of(array.dtype)
        array = array.astype({"f": np.float32, "i": np.int32, "u": np.uint32, "b": bool}[kind])
        key = ("literal", kind, array.shape, array.tobytes())
        found = self._find(key)
        if found is None:
            node = Node("literal", "", array.shape, kind, params={"value": array})
            found = self._keep(key, self._number(node), level=0)
        return view(found)

    def make(
        self,
        kind: str,
        op: str,
        shape: Shape,
        dtype: str,
        args: Sequence[Access],
        lane: int | None,
        **params: Any,
    ) -> Node:
        """A node, or the equal one that is there already."""
        key = (kind, op, shape, dtype, tuple(a.key for a in args), repr(sorted(params.items())))
        found = self._find(key)
        if found is not None:
            return found
        stage = max([a.node.stage for a in args], default=0)
        if lane is None:
            stage = min(stage, 1)
        node = Node(kind, op, shape, dtype, tuple(args), params, lane, stage)
        self._number(node)
        if lane is not None:
            node.stage = 2
            self.steps.append(node)
            return self._keep(key, node)
        (self.monthly if stage else self.once).append(node)
        return self._keep(key, node, level=0)

    def _number(self, node: Node) -> Node:
        node.number = self._count
        self._count += 1
        return node

    def _find(self, key: Any) -> Node | None:
        return next((known[key] for known in self._known if key in known), None)

    def _keep(self, key: Any, node: Node, level: int = -1) -> Node:
        self._known[level][key] = node
        return node

    # --- equations ---------------------------------------------------------------------------

    def run(self, jaxpr: Any, consts: Sequence[Any], given: Sequence[Access]) -> list[Access]:
        """Read a function: accesses of its results."""
        env: dict[Any, Access] = {}
        for var, const in zip(jaxpr.constvars, consts, strict=True):
            env[var] = const if isinstance(const, Access) else self.literal(np.asarray(const))
        env.update(zip(jaxpr.invars, given, strict=True))

        def look(atom: Any) -> Access:
            return self.literal(atom.val) if hasattr(atom, "val") else env[atom]

        for eqn in jaxpr.eqns:
            args = [look(atom) for atom in eqn.invars]
            found = self.equation(eqn, args)
            for var, access in zip(eqn.outvars, found, strict=True):
                if access.shape != tuple(var.aval.shape):
                    raise UnsupportedError(f"{eqn.primitive.name}: {access.shape}, {var.aval}")
                env[var] = access
        return [look(atom) for atom in jaxpr.outvars]

    def equation(self, eqn: Any, args: list[Access]) -> list[Access]:
        """Read one equation: accesses of its results."""
        name, params = eqn.primitive.name, eqn.params
        inner = params.get("jaxpr", params.get("call_jaxpr", params.get("fun_jaxpr")))
        if name == "cond":
            return self.cond(params["branches"], args)
        if name == "scan":
            return self.scan(params, args)
        if inner is not None:
            closed = hasattr(inner, "consts")
            return self.run(inner.jaxpr if closed else inner, inner.consts if closed else (), args)
        out = eqn.outvars[0].aval
        if (
            name not in VIEWS
            and name not in ("reshape", "threefry2x32")
            and self.foldable(args, eqn.outvars)
        ):
            return self.fold(eqn, args)
        return self.operation(name, params, args, tuple(out.shape), dtype_of(out.dtype))

    @staticmethod
    def foldable(args: list[Access], outs: Sequence[Any]) -> bool:
        """Can it be computed now?"""
        small = all(np.prod(v.aval.shape, dtype=np.int64) <= MOST_FOLDED for v in outs)
        return small and all(a.node.kind == "literal" for a in args)

    def fold(self, eqn: Any, args: list[Access]) -> list[Access]:
        """Compute an equation of known arrays."""
        import jax

        with jax.ensure_compile_time_eval():
            given = [
                jax.numpy.asarray(values_of(a), v.aval.dtype)
                for a, v in zip(args, eqn.invars, strict=True)
            ]
            found = eqn.primitive.bind(*given, **eqn.params)
        many = found if eqn.primitive.multiple_results else [found]
        return [self.compact(np.asarray(x)) for x in many]

    def compact(self, array: np.ndarray) -> Access:
        """A known array, without the axes along which it stays the same."""
        small = array
        for k in range(array.ndim):
            first = small[(slice(None),) * k + (slice(0, 1),)]
            if small.shape[k] > 1 and np.array_equal(np.broadcast_to(first, small.shape), small):
                small = first
        return self.literal(small).spread(array.shape)

    def operation(
        self, name: str, params: Any, args: list[Access], shape: Shape, dtype: str
    ) -> list[Access]:
        """Read a single operation."""
        if name in VIEWS:
            return [VIEWS[name](args[0], params)]
        if name in SAME:
            return [args[0]]
        if name in EACH:
            return [self.each(name, params, args, shape, dtype)]
        if name in REDUCE:
            return [self.reduce(name, tuple(params["axes"]), args[0], shape, dtype)]
        if name in WHOLE:
            return WHOLE[name](self, params, args, shape, dtype)
        raise UnsupportedError(f"operation {name}")

    def each(self, name: str, params: Any, args: list[Access], shape: Shape, dtype: str) -> Access:
        """An operation element by element."""
        spread = [a if a.shape == shape else a.spread(shape) for a in args]
        kept = {"y": params["y"]} if name == "integer_pow" else {}
        if name == "convert_element_type" and args[0].node.dtype == dtype:
            return args[0]
        small, spread = shrink(shape, spread)
        if name == "div" and dtype == "f" and spread[1].lane is None and spread[0].lane is not None:
            # the same divisor for all members: its reciprocal, once
            one = self.literal(np.float32(1)).broadcast(small, ())
            name, spread = "mul", [spread[0], self.each("div", {}, [one, spread[1]], small, "f")]
        plain = simplify(name, spread)
        if plain is not None:
            return plain.spread(shape)
        made = self.make("each", name, small, dtype, spread, lane_of(spread), **kept)
        return view(made).spread(shape)

    def reduce(
        self, name: str, axes: tuple[int, ...], arg: Access, shape: Shape, dtype: str
    ) -> Access:
        """A sum, product, largest or least along axes."""
        if arg.lane in axes:
            raise UnsupportedError(f"{name} over members")
        lane = None
        if arg.lane is not None:
            lane = arg.lane - sum(a < arg.lane for a in axes)
        if any(arg.shape[a] == 0 for a in axes):
            start = {"reduce_sum": 0, "reduce_or": 0, "reduce_prod": 1, "reduce_and": 1}
            empty = np.full(shape, start[name], bool if dtype == "b" else np.float32)
            return self.compact(empty)
        if all(arg.shape[a] == 1 for a in axes):
            return arg.squeeze(axes)
        inner, args = shrink(arg.shape, [arg], axes)
        small = tuple(n for k, n in enumerate(inner) if k not in axes)
        made = self.make("reduce", name, small, dtype, args, lane, axes=axes)
        return view(made).spread(shape)

    def scan(self, params: Any, args: list[Access]) -> list[Access]:
        """A short loop, unrolled."""
        consts, carried = params["num_consts"], params["num_carry"]
        length = params["length"]
        if length > MOST_UNROLLED:
            raise UnsupportedError(f"a loop of {length} turns")
        fixed, carry = args[:consts], args[consts : consts + carried]
        rows = args[consts + carried :]
        outs: list[list[Access]] = []
        turns = range(length)[::-1] if params["reverse"] else range(length)
        for t in turns:
            now = [row_of(x, t) for x in rows]
            body = params["jaxpr"]
            closed = hasattr(body, "consts")
            found = self.run(
                body.jaxpr if closed else body,
                body.consts if closed else (),
                [*fixed, *carry, *now],
            )
            carry, made = found[:carried], found[carried:]
            outs.append(made)
        if outs and outs[0]:
            raise UnsupportedError("a loop that stacks results")
        return carry

    def cond(self, branches: Sequence[Any], args: list[Access]) -> list[Access]:
        """Two sides of which one is run; narrow results are computed on both and chosen."""
        predicate, given = args[0], args[1:]
        if predicate.lane is not None or len(branches) != 2:
            raise UnsupportedError("a branch that differs by member")
        sides = []
        outer = self.steps
        for closed in branches:
            self.steps = []
            self._known.append({})
            found = self.run(closed.jaxpr, closed.consts, given)
            self._known.pop()
            sides.append((self.steps, tuple(found)))
        self.steps = outer
        results: list[Node] = []
        pairs: list[tuple[Access, Access]] = []
        accesses: list[Access] = []
        for off, on in zip(sides[0][1], sides[1][1], strict=True):
            shape, dtype = on.shape, on.node.dtype
            lanes = {a.lane for a in (off, on)} - {None}
            if off.key == on.key:
                accesses.append(on)
            elif not lanes:
                chosen = [predicate.broadcast(shape, ()), off, on]
                accesses.append(self.each("select_n", {}, chosen, shape, dtype))
            else:
                if len(lanes) > 1:
                    raise UnsupportedError("members along different axes in a branch")
                node = Node("result", "", shape, dtype, lane=lanes.pop(), stage=2)
                results.append(self._number(node))
                pairs.append((off, on))
                accesses.append(view(node))
        outs = [tuple(pair[k] for pair in pairs) for k in (0, 1)]
        kept = [(sides[k][0], outs[k]) for k in (0, 1)]
        if results:
            self.steps.append(Branch(predicate, kept, tuple(results)))
        return accesses

    def graph(self) -> Graph:
        """What was read."""
        return Graph(self.once, self.monthly, self.steps)


Whole = Callable[[Reader, Any, list[Access], Shape, str], list[Access]]
WHOLE: dict[str, Whole] = {}


def whole(name: str) -> Callable[[Whole], Whole]:
    """Register how an operation on whole arrays is read."""

    def keep(function: Whole) -> Whole:
        WHOLE[name] = function
        return function

    return keep
