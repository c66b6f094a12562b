"""What is computed in which loop: nodes put into their reader, loops shared, buffers given out.

A node read once, by something no larger than itself, is written into its reader's expression.
Other nodes of the same space share a loop as long as each reads the others' elements only where it
stands; what is read nowhere else then never leaves the registers. The rest gets a place in the
scratch memory, and gives it back after its last reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from patronage.run.native.graph import Access, Axis, Branch, Graph, Node, Shape, Step

MOST_STATEMENTS = 40  # in one loop, so that registers and the compiler keep up
# Where one operand differs by member, such an operation costs less than keeping its result.
CHEAP = frozenset(
    "add sub mul neg not gt ge lt le eq ne max min abs copy convert_element_type".split()  # noqa: SIM905
)
READERS = ("each", "reduce", "join", "cumsum", "sink")  # nodes whose operands may be expressions
MOST_CHEAP = 2  # such operations one in another
ALONE = frozenset({"join", "cumsum", "threefry", "put"})
Index = tuple[str | None, int, int]  # loop variable, offset, stride


LONG = 24  # terms from which a sum over an inner axis gets loops of its own


def stands_alone(node: Node) -> bool:
    """Does a node get loops of its own?

    A long sum over an axis that does not lie last in memory would leap through it term by term; it
    is added up row by row instead.
    """
    if node.kind in ALONE:
        return True
    if node.op != "reduce_sum" or len(node.params["axes"]) != 1:
        return False
    shape, axis = node.args[0].shape, node.params["axes"][0]
    inner = [k for k in range(len(shape)) if k != node.args[0].lane]
    return shape[axis] >= LONG and axis != inner[-1]


def compose(axis: Axis, env: tuple[Index, ...]) -> Index:
    """Where an axis of a node is read, in terms of loop variables."""
    if axis.of is None:
        return (None, axis.offset, 0)
    variable, offset, stride = env[axis.of]
    start = axis.offset + axis.stride * offset
    return (variable, start, axis.stride * stride if variable is not None else 0)


def resolve(access: Access, env: tuple[Index, ...]) -> tuple[Index, ...]:
    """The index at which each axis of the node is read."""
    return tuple(compose(a, env) for a in access.axes)


def loop_env(shape: Shape, lane: int | None, names: str = "i") -> tuple[Index, ...]:
    """Loop variables of a node's own axes; the lane has none."""
    env: list[Index] = []
    count = 0
    for k, length in enumerate(shape):
        if k == lane:
            env.append(("lane", 0, 1))
            continue
        env.append((f"{names}{count}", 0, 1) if length != 1 else (None, 0, 0))
        count += 1
    return tuple(env)


def operand_env(node: Node) -> tuple[Index, ...]:
    """Loop variables seen by a node's operands: a reduction's operand has further axes."""
    if node.kind == "alias":
        return loop_env(node.args[0].shape, node.args[0].lane)
    own = loop_env(node.shape, node.lane)
    if node.kind != "reduce":
        return own
    env: list[Index] = []
    rest = iter(own)
    count = 0
    for k in range(len(node.args[0].shape)):
        if k in node.params["axes"]:
            env.append((f"r{count}", 0, 1))
            count += 1
        else:
            env.append(next(rest))
    return tuple(env)


@dataclass
class Loop:
    """Nodes computed element by element, together."""

    space: Shape
    body: list[Node]


@dataclass
class Alone:
    """A node with loops of its own."""

    node: Node


@dataclass
class Fork:
    """A branch and what its sides do."""

    branch: Branch
    sides: list[list[Item]]


Item = Loop | Alone | Fork


def sinks_of(results: Iterable[tuple[Access, Node]], op: str) -> list[Node]:
    """Nodes that hand accesses over to a place outside: a branch's result, a state, a record."""
    found = []
    for access, target in results:
        found.append(
            Node(
                "sink",
                op,
                access.shape,
                access.node.dtype,
                (access,),
                {"target": target},
                target.lane,
                2,
            )
        )
    return found


def find_live(graph: Graph, outputs: list[Node]) -> set[Node]:
    """All nodes that the outputs depend on."""
    origin: dict[Node, tuple[Branch, int]] = {}

    def list_results(steps: list[Step]) -> None:
        for step in steps:
            if isinstance(step, Branch):
                origin.update({node: (step, k) for k, node in enumerate(step.results)})
                for side, _ in step.sides:
                    list_results(side)

    list_results(graph.steps)
    live: set[Node] = set()
    todo = list(outputs)
    while todo:
        node = todo.pop()
        if node in live:
            continue
        live.add(node)
        todo += [a.node for a in node.args]
        if node in origin:
            branch, k = origin[node]
            todo.append(branch.predicate.node)
            todo += [results[k].node for _, results in branch.sides]
    return live


def takes_expression(by: Node | Branch, access: Access) -> bool:
    """Whether what a reader takes there may be an expression in place of memory."""
    if isinstance(by, Branch) or by.kind not in READERS:
        return False
    return by.op != "lookup" or access is not by.args[1]


class Planner:
    """Plans one graph."""

    def __init__(self, graph: Graph, outputs: list[Node]) -> None:
        self.graph = graph
        self.outputs = outputs
        self.live = find_live(graph, outputs)
        self.uses: dict[Node, list[tuple[Node | Branch, Access]]] = {}
        self.home: dict[Node, int] = {}
        self.stored: set[Node] = set()
        self.inlined: set[Node] = set()
        self.settled: set[Node] = set()
        self._sinks: dict[int, list[Node]] = {}
        self._note(graph.once, 0)
        self._note(graph.monthly, 1)
        self._blocks = 2
        self._note_steps([*graph.steps, *outputs])
        self._choose()
        self.once = self._schedule(list(graph.once))
        self.monthly = self._schedule(list(graph.monthly))
        self.steps = self._schedule([*graph.steps, *outputs])

    # --- who reads what ----------------------------------------------------------------------

    def _use(self, access: Access, by: Node | Branch) -> None:
        self.uses.setdefault(access.node, []).append((by, access))

    def _note(self, nodes: Iterable[Node], home: int) -> None:
        for node in nodes:
            if node not in self.live and node.kind != "sink":
                continue
            self.home[node] = home
            for access in node.args:
                self._use(access, node)

    def _note_steps(self, steps: list[Step]) -> None:
        home = self._blocks
        self._blocks += 1
        for step in steps:
            if isinstance(step, Node):
                self._note([step], home)
                continue
            self._use(step.predicate, step)
            for k, (side, results) in enumerate(step.sides):
                pairs = zip(results, step.results, strict=True)
                sinks = sinks_of([(a, n) for a, n in pairs if n in self.live], "result")
                self._sinks[2 * id(step) + k] = sinks
                self._note_steps([*side, *sinks])
            for node in step.results:
                if node in self.live:
                    self.home[node] = home
                    self.stored.add(node)

    def _choose(self) -> None:
        """Which nodes are written into their only reader."""
        for node, uses in self.uses.items():
            if node.kind != "each" or len(uses) != 1:
                continue
            by, access = uses[0]
            if isinstance(by, Branch) or not takes_expression(by, access):
                continue
            lane = access.lane
            volume = 1
            for k, n in enumerate(access.shape):
                volume *= 1 if k == lane else n
            if self.home[node] == self.home.get(by) and volume <= node.size:
                self.inlined.add(node)
        depth: dict[Node, int] = {}
        for node in sorted(self.uses, key=lambda n: n.number):
            if node.wide and node not in self.inlined and self._cheap(node, depth):
                self.inlined.add(node)

    def _cheap(self, node: Node, depth: dict[Node, int]) -> bool:
        """Is it quicker to compute a node again than to read it?"""
        if node.kind != "each" or node.op not in CHEAP:
            return False
        wide = [a for a in node.args if a.node.wide]
        if len(wide) != 1 or any(a.node.kind == "alias" for a in node.args):
            return False
        inner = wide[0].node
        steps = depth.get(inner, 0) + 1
        if steps > MOST_CHEAP or (inner in self.inlined and inner not in depth):
            return False
        for by, access in self.uses[node]:
            if not takes_expression(by, access):
                return False
        depth[node] = steps
        return True

    def leaves(
        self, node: Node, env: tuple[Index, ...]
    ) -> Iterator[tuple[Node, tuple[Index, ...]]]:
        """Nodes that a node's expression reads from elsewhere, and at which index."""
        for access in node.args:
            if node.op == "lookup" and access is node.args[1]:  # the table is read anywhere
                yield access.node, ()
                continue
            place = resolve(access, env)
            if access.node in self.inlined:
                yield from self.leaves(access.node, place)
            else:
                yield access.node, place

    def home_of(self, by: Node | Branch) -> int | None:
        """The block in which a reader stands; None for a branch."""
        return self.home.get(by) if isinstance(by, Node) else None

    # --- order and loops ---------------------------------------------------------------------

    def _schedule(self, steps: list[Step]) -> list[Item]:
        todo: list[Step] = [s for s in steps if isinstance(s, Branch) or self._wanted(s)]
        here: set[Node] = set()
        for step in todo:
            here.update(step.results if isinstance(step, Branch) else [step])
        done: set[Node] = set()
        items: list[Item] = []
        needs = {id(s): self._needs(s) & here for s in todo}
        while todo:
            first = next(s for s in todo if needs[id(s)] <= done)
            if isinstance(first, Branch):
                items.append(self._fork(first))
                done.update(first.results)
                todo.remove(first)
            elif stands_alone(first) or first.kind == "alias":
                if first.kind != "alias":
                    items.append(Alone(first))
                self.stored.add(first)
                done.add(first)
                todo.remove(first)
            else:
                loop = self._gather(first, todo, needs, done)
                items.append(loop)
                done.update(loop.body)
                gone = set(loop.body)
                todo = [s for s in todo if s not in gone] if gone else todo
        self._store(items)
        return items

    def _wanted(self, node: Node) -> bool:
        return node not in self.inlined and (node.kind == "sink" or node in self.live)

    def _needs(self, step: Step) -> set[Node]:
        """Nodes that must be there before a step."""
        if isinstance(step, Node):
            return {m for m, _ in self.leaves(step, operand_env(step))}
        found = {step.predicate.node}
        for k, (side, _) in enumerate(step.sides):
            for inner in [*side, *self._sinks[2 * id(step) + k]]:
                if isinstance(inner, Branch) or self._wanted(inner):
                    found |= self._needs(inner)
        return found

    def _fork(self, branch: Branch) -> Fork:
        sides = []
        for k, (side, _) in enumerate(branch.sides):
            sides.append(self._schedule([*side, *self._sinks[2 * id(branch) + k]]))
        return Fork(branch, sides)

    def _gather(
        self, first: Node, todo: list[Step], needs: dict[int, set[Node]], done: set[Node]
    ) -> Loop:
        """The nodes that can share a loop with `first`."""
        body = [first]
        inside = {first}
        for step in todo:
            if len(body) >= MOST_STATEMENTS:
                break
            if step is first or isinstance(step, Branch) or step.space != first.space:
                continue
            if stands_alone(step) or step.kind == "alias" or step.wide != first.wide:
                continue
            if needs[id(step)] <= done | inside and self._fits(step, inside):
                body.append(step)
                inside.add(step)
        return Loop(first.space, body)

    def _fits(self, node: Node, inside: set[Node]) -> bool:
        """Does it read what the loop computes only where it stands?"""
        for other, place in self.leaves(node, operand_env(node)):
            if other in inside and place != loop_env(other.shape, other.lane):
                return False
        return True

    def _store(self, items: list[Item]) -> None:
        """Which of the loops' nodes need a place in memory."""
        for item in items:
            if not isinstance(item, Loop):
                continue
            inside = set(item.body)
            for node in item.body:
                if node.kind != "sink" and not self._local(node, inside):
                    self.stored.add(node)

    def _local(self, node: Node, inside: set[Node]) -> bool:
        for by, _ in self.uses.get(node, []):
            reader: Node | Branch = by
            if isinstance(reader, Node) and reader in self.inlined:
                if not self._local(reader, inside):
                    return False
            elif reader not in inside:
                return False
        return True
