"""The program in C++: loops, branches, stages, and the driver that runs months and groups."""

from __future__ import annotations

from dataclasses import dataclass

from patronage.run.native.expression import NARROW, START, WIDE, Place, Writer, flat
from patronage.run.native.graph import Node, Shape
from patronage.run.native.memory import place_buffers
from patronage.run.native.plan import (
    Alone,
    Fork,
    Item,
    Loop,
    Planner,
    loop_env,
    operand_env,
)

ARGUMENTS = (
    "const float *__restrict K, const float *__restrict M, float *__restrict N0, "
    "float *__restrict N1, const V *__restrict X, const V *__restrict G, const V *__restrict D, "
    "V *__restrict Y, V *__restrict W, V *__restrict A, B *__restrict E, V *__restrict H, "
    "long groups, int first"
)
HANDED = "K, M, N0, N1, X, G, D, Y, W, A, E, H, groups, first"
LINES_PER_FUNCTION = 60
MOST_UNROLLED = 8  # terms of a sum written one after the other


@dataclass(frozen=True)
class Source:
    """C++ text in pieces that compile side by side, and the sizes of the memory it needs."""

    pieces: tuple[str, ...]
    scratch: int
    once_words: int
    monthly_words: int


class Emitter:
    """Writes one planned program."""

    def __init__(self, planner: Planner, inputs: dict[Node, Place]) -> None:
        self.planner = planner
        places = dict(inputs)
        places.update(self.direct(planner, inputs))
        sizes = []
        for pointer, items in (("N0", planner.once), ("N1", planner.monthly), ("W", planner.steps)):
            offsets, size = place_buffers(planner, items, frozenset(places))
            places.update({node: Place(pointer, at) for node, at in offsets.items()})
            sizes.append(size)
        self.sizes = tuple(sizes)
        self.writer = Writer(planner, places)
        self.functions: list[str] = []

    @staticmethod
    def direct(planner: Planner, inputs: dict[Node, Place]) -> dict[Node, Place]:
        """Nodes that are put at once where the next month's state lies."""
        found: dict[Node, Place] = {}
        for sink in list(planner.outputs):
            access = sink.args[0]
            node = access.node
            whole = access.whole and node.wide and node.shape == sink.shape
            if sink.op == "state" and whole and node in planner.stored and node not in found:
                found[node] = inputs[sink.params["target"]]
                planner.settled.add(sink)
        return found

    def source(self, driver: str, pieces: int) -> Source:
        """The whole program."""
        names = {}
        for stage, items in (
            ("once", self.planner.once),
            ("monthly", self.planner.monthly),
            ("wide", self.planner.steps),
        ):
            names[stage] = self.stage(stage, items)
        declared = [text.split("\n", 1)[0] + ";" for text in self.functions]
        tables = self.writer.list_tables()
        head = ['#include "vector.h"', *declared, *tables, ""]
        share = -(-len(self.functions) // pieces)
        texts = []
        for k in range(pieces):
            part = self.functions[k * share : (k + 1) * share]
            texts.append("\n".join([*head, *part, ""]))
        calls = {
            stage: "\n".join(f"    {name}({HANDED});" for name in found)
            for stage, found in names.items()
        }
        stages = [
            f"static void {stage}_all({ARGUMENTS})\n{{\n{text}\n}}" for stage, text in calls.items()
        ]
        texts[-1] = "\n".join([texts[-1], *stages, driver, ""])
        return Source(tuple(texts), self.sizes[2], self.sizes[0], self.sizes[1])

    def stage(self, name: str, items: list[Item]) -> list[str]:
        """Functions of some lines each, so that no compiler chokes; their names."""
        names: list[str] = []
        lines: list[str] = []
        for item in items:
            lines += self.item(item, f"{name}_{len(names)}")
            if len(lines) >= LINES_PER_FUNCTION:
                names.append(self.function(f"{name}_{len(names)}", lines))
                lines = []
        if lines:
            names.append(self.function(f"{name}_{len(names)}", lines))
        return names

    def function(self, name: str, lines: list[str]) -> str:
        """A function of these lines; its name."""
        body = "\n".join("    " + line for line in lines)
        self.functions.append(f"void {name}({ARGUMENTS})\n{{\n{body}\n}}")
        return name

    def item(self, item: Item, name: str) -> list[str]:
        """Lines of one loop, lone node or branch; a branch calls functions of its own."""
        if isinstance(item, Fork):
            test = self.writer.operand(item.branch.predicate, (), wide=False)
            lines = [f"if ({test}) {{"]
            for k in (1, 0):
                inner = self.stage(
                    f"{name}_{'on' if k else 'off'}{len(self.functions)}", item.sides[k]
                )
                lines += [f"    {called}({HANDED});" for called in inner]
                lines.append("} else {" if k else "}")
            return lines
        if isinstance(item, Loop):
            return self.loop(item)
        return getattr(self, f"_{item.node.kind}")(item)

    def loop(self, item: Loop) -> list[str]:
        """Nodes computed together."""
        lines = []
        self.writer.local = set()
        for node in item.body:
            if node in self.planner.settled:
                continue
            lines += self.statement(node)
            if node.kind != "sink":
                self.writer.local.add(node)
        self.writer.local = set()
        return nest(item.space, lines) if lines else []

    def statement(self, node: Node) -> list[str]:
        """One node's element: computed, and stored where somebody else reads it."""
        if node.kind == "sink":
            return [self.sink(node)]
        wide = node.wide
        kind = (WIDE if wide else NARROW)[node.dtype]
        name = f"v{node.number}"
        if node.kind == "reduce":
            lines = self.reduction(node, kind, name)
        else:
            env = operand_env(node)
            lines = [f"const {kind} {name} = {self.writer.value(node, env, wide)};"]
        if node in self.planner.stored:
            lines.append(self.writer.store(node, name))
        return lines

    def reduction(self, node: Node, kind: str, name: str) -> list[str]:
        """A sum, product or extreme along inner loops."""
        start = START[node.op][node.dtype]
        if node.wide:
            start = f"mask({start})" if node.dtype == "b" else f"all({start})"
            if node.dtype != "b":
                start = start.replace("all(0)", f"{kind}{{}}")
        value = self.writer.operand(node.args[0], operand_env(node), node.wide)
        word = {"reduce_sum": "+", "reduce_prod": "*", "reduce_and": "&", "reduce_or": "|"}
        if node.op in word:
            step = f"{name} = {name} {word[node.op]} {value};"
        else:
            step = f"{name} = {node.op[-3:]}_({name}, {value});"
        lengths = [node.args[0].shape[k] for k in node.params["axes"]]
        return [f"{kind} {name} = {start};", *nest(tuple(lengths), [step], "r", keep=True)]

    def sink(self, node: Node) -> str:
        """Hand an element over to a place outside."""
        target = node.params["target"]
        value = self.writer.operand(node.args[0], loop_env(node.shape, node.lane), wide=True)
        if node.op == "result":
            return self.writer.store(target, value)
        where = self.writer.places[target]
        at = flat(target, loop_env(target.shape, target.lane), where.offset)
        cell = f"{where.pointer}[{at}]"
        if node.op == "mean":
            return f"{cell} = first ? {value} : {cell} + {value};"
        if node.op == "worst":
            return f"{{ const V x = {value}; {cell} = first ? x : max_({cell}, x); }}"
        if node.op == "mark":
            return f"{where.pointer}[({at}) * groups] = __builtin_convertvector({value}, B);"
        if node.op == "number":
            return f"{where.pointer}[({at}) * groups] = {value};"
        if target.dtype != "f":
            return f"(({WIDE[target.dtype]} *){where.pointer})[{at}] = {value};"
        return f"{cell} = {value};"

    def _join(self, item: Alone) -> list[str]:
        node = item.node
        axis, start, lines = node.params["axis"], 0, []
        for part in node.args:
            env = loop_env(part.shape, node.lane)
            own = list(env)
            variable = own[axis][0]
            own[axis] = (variable, start, 1 if variable else 0)
            value = self.writer.operand(part, env, node.wide)
            space = tuple(n for k, n in enumerate(part.shape) if k != node.lane)
            lines += nest(space, [self.put(node, tuple(own), value)])
            start += part.shape[axis]
        return lines

    def put(self, node: Node, own: tuple, value: str) -> str:
        """Store at a place of a node that is not where the loops stand."""
        where = self.writer.places[node]
        kind = (WIDE if node.wide else NARROW)[node.dtype]
        return f"(({kind} *){where.pointer})[{flat(node, own, where.offset)}] = {value};"

    def _reduce(self, item: Alone) -> list[str]:
        """A long sum, row by row: all elements of a row gain one term after the other."""
        node = item.node
        env = operand_env(node)
        own = loop_env(node.shape, node.lane)
        kind = (WIDE if node.wide else NARROW)[node.dtype]
        where = self.writer.places[node]
        cell = f"(({kind} *){where.pointer})[{flat(node, own, where.offset)}]"
        value = self.writer.operand(node.args[0], env, node.wide)
        last = len(node.space) - 1
        turn = f"for (int i{last} = 0; i{last} < {node.space[last]}; i{last}++)"
        terms = node.args[0].shape[node.params["axes"][0]]
        body = [
            turn,
            f"    {cell} = {kind}{{}};",
            f"for (int r0 = 0; r0 < {terms}; r0++)",
            f"    {turn}",
            f"        {cell} = {cell} + {value};",
        ]
        return nest(node.space[:last], body)

    def _cumsum(self, item: Alone) -> list[str]:
        node = item.node
        axis = node.params["axis"]
        env = loop_env(node.shape, node.lane)
        value = self.writer.operand(node.args[0], env, node.wide)
        kind = (WIDE if node.wide else NARROW)[node.dtype]
        inner = env[axis][0]
        body = [f"s = s + {value};", self.put(node, env, "s")]
        loop = [f"for (int {inner} = 0; {inner} < {node.shape[axis]}; {inner}++) {{", *body, "}"]
        space = [1 if k == axis else n for k, n in enumerate(node.shape) if k != node.lane]
        return nest(tuple(space), [f"{kind} s{{}};", *loop])

    def _threefry(self, item: Alone) -> list[str]:
        node = item.node
        shape: Shape = node.args[0].shape
        lane = None if node.lane is None else node.lane - 1
        env = loop_env(shape, lane)
        keys = ", ".join(self.writer.operand(a, env, node.wide) for a in node.args)
        kind = (WIDE if node.wide else NARROW)["u"]
        halves = [
            self.put(node, ((None, k, 0), *env), name) for k, name in ((0, "one"), (1, "two"))
        ]
        body = [f"{kind} one, two;", f"threefry<{kind}>({keys}, &one, &two);", *halves]
        return nest(tuple(n for k, n in enumerate(shape) if k != lane), body)

    def _put(self, item: Alone) -> list[str]:
        node = item.node
        base, index, value = node.args
        env = loop_env(node.shape, None)
        lines = nest(node.shape, [self.put(node, env, self.writer.operand(base, env, False))])
        cell = loop_env(index.shape, None)
        at = self.writer.operand(index, cell, False)
        number = self.writer.operand(value, cell, False)
        where = self.writer.places[node]
        kind = NARROW[node.dtype]
        body = [
            f"const int32_t at = {at};",
            f"if (at >= 0 && at < {node.shape[0]})",
            f"    (({kind} *){where.pointer})[{where.offset} + at] = {number};",
        ]
        return lines + nest(index.shape, body)


def nest(space: Shape, body: list[str], names: str = "i", keep: bool = False) -> list[str]:
    """Loops around lines; an axis of length 1 has none unless `keep`."""
    lines, depth = [], 0
    for k, length in enumerate(space):
        if length != 1 or keep:
            if keep and length <= MOST_UNROLLED:
                lines.append("    " * depth + f"#pragma GCC unroll {length}")
            lines.append(
                "    " * depth + f"for (int {names}{k} = 0; {names}{k} < {length}; {names}{k}++)"
            )
            depth += 1
    inner = ["    " * (depth + 1) + line for line in body]
    return [*lines, "    " * depth + "{", *inner, "    " * depth + "}"]
