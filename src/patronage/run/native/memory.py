"""Scratch memory: which stored node lies where, from its first writer to its last reader."""

from __future__ import annotations

from collections.abc import Iterator

from patronage.run.native.graph import Node
from patronage.run.native.plan import Fork, Item, Loop, Planner, operand_env


def order_of(items: list[Item], planner: Planner) -> Iterator[tuple[list[Node], list[Node]]]:
    """For each item in turn: the nodes that it makes, and those that it reads."""
    for item in items:
        if isinstance(item, Fork):
            yield [], [item.branch.predicate.node]
            for side in item.sides:
                yield from order_of(side, planner)
            continue
        made = item.body if isinstance(item, Loop) else [item.node]
        read = [m for n in made for m, _ in planner.leaves(n, operand_env(n))]
        made = [n.params["target"] if n.op == "result" else n for n in made]
        yield list(made), read


def base_of(node: Node) -> Node:
    """The node whose memory an alias shares."""
    while node.kind == "alias":
        node = node.args[0].node
    return node


def place_buffers(
    planner: Planner, items: list[Item], elsewhere: frozenset[Node] = frozenset()
) -> tuple[dict[Node, int], int]:
    """Offsets [vectors or words] of stored nodes in the scratch memory, and its size.

    What a later stage reads is kept for good.
    """
    first: dict[Node, int] = {}
    last: dict[Node, int] = {}
    for t, (made, read) in enumerate(order_of(items, planner)):
        for node in made:
            if node in planner.stored and node.kind != "alias" and node not in elsewhere:
                first.setdefault(node, t)
                last[node] = t
        for node in read:
            base = base_of(node)
            if base in first:
                last[base] = t
    for node in first:
        home = planner.home.get(node)
        readers = [by for by, _ in planner.uses.get(node, [])]
        if home in (0, 1) and any(planner.home_of(by) != home for by in readers):
            last[node] = len(last) + max(last.values())
    starts = sorted(first, key=lambda n: (first[n], n.number))
    places: dict[Node, int] = {}
    taken: list[tuple[int, int, int]] = []  # offset, end, last reader
    top = 0
    for node in starts:
        now = first[node]
        taken = sorted(x for x in taken if x[2] >= now)
        at = 0
        for low, high, _ in taken:
            if at + node.size <= low:
                break
            at = max(at, high)
        places[node] = at
        taken.append((at, at + node.size, last[node]))
        top = max(top, at + node.size)
    return places, top
