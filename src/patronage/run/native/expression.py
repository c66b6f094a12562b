"""Expressions in C++: how each operation is written, and where each array lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from patronage.run.native.graph import Access, Node, Shape, UnsupportedError
from patronage.run.native.memory import base_of
from patronage.run.native.plan import Index, Planner, loop_env, resolve

WIDE = {"f": "V", "i": "I", "u": "U", "b": "I"}
NARROW = {"f": "float", "i": "int32_t", "u": "uint32_t", "b": "int32_t"}
INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "rem": "%"}
COMPARE = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "==", "ne": "!="}
BITWISE = {"and": "&", "or": "|", "xor": "^", "shift_left": "<<", "shift_right_logical": ">>"}
CALL = {
    "exp": "exp_",
    "log": "log_",
    "log1p": "log1p_",
    "expm1": "expm1_",
    "erf_inv": "erf_inv_",
    "tanh": "tanh_",
    "logistic": "logistic_",
    "sqrt": "sqrt_",
    "rsqrt": "rsqrt_",
    "pow": "pow_",
    "abs": "abs_",
    "sign": "sign_",
    "floor": "floor_",
    "ceil": "ceil_",
    "square": "square_",
    "is_finite": "sure",
}
START = {
    "reduce_sum": {"f": "0.0f", "i": "0", "u": "0"},
    "reduce_prod": {"f": "1.0f", "i": "1", "u": "1"},
    "reduce_max": {"f": "-__builtin_inff()", "i": "INT32_MIN", "b": "0"},
    "reduce_min": {"f": "__builtin_inff()", "i": "INT32_MAX", "b": "1"},
    "reduce_and": {"b": "1"},
    "reduce_or": {"b": "0"},
}


@dataclass(frozen=True)
class Place:
    """Where an array lies: a pointer, and how many elements (vectors, if wide) into it."""

    pointer: str
    offset: int


def strides_of(shape: Shape, lane: int | None) -> list[int]:
    """Elements from one to the next along each axis, the lane counted as 0."""
    found, step = [0] * len(shape), 1
    for k in range(len(shape) - 1, -1, -1):
        if k == lane:
            continue
        found[k] = step
        step *= shape[k]
    return found


def flat(node: Node, place: tuple[Index, ...], start: int = 0) -> str:
    """The element of a node's memory at an index, as an expression."""
    terms: dict[str, int] = {}
    for stride, (variable, offset, step) in zip(
        strides_of(node.shape, node.lane), place, strict=True
    ):
        start += stride * offset
        if variable is not None and variable != "lane":
            terms[variable] = terms.get(variable, 0) + stride * step
        elif variable == "lane" and node.lane is None:
            raise UnsupportedError("a narrow array read member by member")
    parts = [f"{v} * {k}" if k != 1 else v for v, k in terms.items() if k]
    return " + ".join([*parts, str(start)] if start or not parts else parts)


def number(value: float | int | bool, dtype: str) -> str:
    """A known number in C++."""
    if dtype == "b":
        return "1" if value else "0"
    if dtype == "i":
        return f"({int(value)})" if value > -(2**31) else "INT32_MIN"
    if dtype == "u":
        return f"{int(value)}u"
    if np.isnan(value):
        return '__builtin_nanf("")'
    if np.isinf(value):
        return "__builtin_inff()" if value > 0 else "(-__builtin_inff())"
    return f"({float(np.float32(value))!r}f)"


class Writer:
    """Writes the expressions of one planned graph."""

    def __init__(self, planner: Planner, places: dict[Node, Place]) -> None:
        self.planner = planner
        self.places = places
        self.tables: dict[Node, str] = {}
        self.local: set[Node] = set()

    def value(self, node: Node, env: tuple[Index, ...], wide: bool) -> str:
        """A node's element, its operands read in the loops of `env`."""
        if node.kind == "sink":
            return self.operand(node.args[0], env, wide)
        if node.op == "lookup":
            table = node.args[1].node
            last = table.shape[0] - 1
            source = self.pointer(table)
            return f"look({source}, {last}, {self.operand(node.args[0], env, wide)})"
        operands = [self.operand(a, env, wide) for a in node.args]
        if node.op == "select_n" and wide and not node.args[0].node.wide and len(operands) == 3:
            # the same for all members: a branch, and the other side is not computed
            test = self.narrow(node.args[0].node, resolve(node.args[0], env))
            return f"({test} ? {operands[2]} : {operands[1]})"
        return write(node, operands, wide)

    def operand(self, access: Access, env: tuple[Index, ...], wide: bool) -> str:
        """What is read through an access."""
        place = resolve(access, env)
        node = access.node
        if node in self.planner.inlined:
            return self.value(node, place, wide)
        if node in self.local:
            return f"v{node.number}"
        if node.wide:
            return self.load(node, place)
        text = self.narrow(node, place)
        if not wide:
            return text
        return f"mask({text})" if node.dtype == "b" else f"all({text})"

    def narrow(self, node: Node, place: tuple[Index, ...]) -> str:
        """A number that is the same for all members."""
        if node.kind == "literal" and all(v is None for v, _, _ in place):
            at = tuple(offset for _, offset, _ in place)
            return number(np.asarray(node.params["value"])[at], node.dtype)
        return self.load(node, place)

    def load(self, node: Node, place: tuple[Index, ...]) -> str:
        """An element in memory."""
        if node.kind == "literal":
            return f"{self.pointer(node)}[{flat(node, place)}]"
        where = self.places[base_of(node)]
        at = flat(node, place, where.offset)
        kind = (WIDE if node.wide else NARROW)[node.dtype]
        if kind in ("V", "float"):
            return f"{where.pointer}[{at}]"
        return f"(({kind} *){where.pointer})[{at}]"

    def pointer(self, node: Node) -> str:
        """The start of a narrow array."""
        if node.kind == "literal":
            return self.tables.setdefault(node, f"table{node.number}")
        where = self.places[base_of(node)]
        cast = "" if node.dtype == "f" else f"({NARROW[node.dtype]} *)"
        return f"({cast}{where.pointer} + {where.offset})"

    def store(self, node: Node, value: str) -> str:
        """Put an element of a node into its memory."""
        own = loop_env(node.shape, node.lane)
        where = self.places[node]
        at = flat(node, own, where.offset)
        kind = (WIDE if node.wide else NARROW)[node.dtype]
        if kind in ("V", "float"):
            return f"{where.pointer}[{at}] = {value};"
        return f"(({kind} *){where.pointer})[{at}] = {value};"

    def list_tables(self) -> list[str]:
        """Known arrays, as C++."""
        lines = []
        for node, name in self.tables.items():
            array = np.asarray(node.params["value"]).reshape(-1)
            text = ", ".join(number(x, node.dtype) for x in array.tolist())
            lines.append(f"static const {NARROW[node.dtype]} {name}[] = {{{text}}};")
        return lines


def write(node: Node, operands: list[str], wide: bool) -> str:
    """An operation on written operands."""
    op, dtype = node.op, node.dtype
    source = node.args[0].node.dtype
    if op in ("max", "min"):
        return extreme(node, operands)
    if op == "div" and wide and dtype == "f":
        return f"{'ratio' if is_positive(node.args[1]) else 'over'}({operands[0]}, {operands[1]})"
    if op in INFIX:
        return f"({operands[0]} {INFIX[op]} {operands[1]})"
    if op in COMPARE:
        return f"({operands[0]} {COMPARE[op]} {operands[1]})"
    if op in BITWISE:
        return f"({operands[0]} {BITWISE[op]} {operands[1]})"
    if op in CALL:
        return f"{CALL[op]}({', '.join(operands)})"
    if op == "neg":
        return f"(-{operands[0]})"
    if op == "not":
        return f"(!{operands[0]})" if dtype == "b" and not wide else f"(~{operands[0]})"
    if op == "copy":
        return operands[0]
    if op == "integer_pow":
        power = node.params["y"]
        if power == 0:
            return "all(1.0f)" if wide else "1.0f"
        return f"power_<{power}>({operands[0]})"
    if op == "select_n":
        if len(operands) != 3 or source not in "bi":
            raise UnsupportedError("a choice among more than two")
        test = operands[0] if source == "b" else f"({operands[0]} != 0)"
        return f"pick({test}, {operands[2]}, {operands[1]})"
    if op == "clamp":
        return f"min_(max_({operands[1]}, {operands[0]}), {operands[2]})"
    if op == "bitcast_convert_type":
        return f"bits_{dtype}({operands[0]})"
    if op == "convert_element_type":
        return convert(source, dtype, operands[0], wide)
    raise UnsupportedError(f"operation {op}")


def is_positive(access: Access) -> bool:
    """Is it held above a known positive number, so that a division by it needs no second look?"""
    node = access.node
    return node.op == "max" and any(
        a.node.kind == "literal" and bool((np.asarray(a.node.params["value"]) > 0).all())
        for a in node.args
    )


def convert(source: str, dtype: str, operand: str, wide: bool) -> str:
    """A number of one type as another."""
    if dtype == "b":
        return f"({operand} != 0)"
    if source == "b":
        return f"truth_{'f' if dtype == 'f' else 'i'}({operand})"
    return f"to_{dtype}({operand})"


def extreme(node: Node, operands: list[str]) -> str:
    """The larger or smaller; a known number cannot be NaN, which saves a look."""
    known = [a.node.kind == "literal" for a in node.args]
    if node.args[0].node.dtype == "f" and node.wide and any(known):
        first, second = operands if known[0] else operands[::-1]
        return f"{'greater' if node.op == 'max' else 'smaller'}({first}, {second})"
    return f"{node.op}_({operands[0]}, {operands[1]})"
