"""The files of bulk operations: one JSON object a line, children of a connection as lines of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]


def as_line(value: Node) -> bytes:
    """Return a line as Shopify writes it: without blanks, slashes escaped."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False).replace("/", "\\/")
    return text.encode() + b"\n"


def lines_of_query(data: Node, *, grouped: bool) -> tuple[list[Node], int]:
    """Return the lines of a bulk query's result and how many of them are roots.

    Grouped, each object is followed by its children; else all objects of one depth come before those of the next.
    """
    (connection,) = data.values()
    roots = _nodes(connection)
    lines = [line for node in roots for line in _with_children(node, None)] if grouped else list(_by_depth(roots))
    return lines, len(roots)


def lines_of_result(body: Node, number: int, *, apart: bool) -> list[Node]:
    """Return what one line of a bulk mutation's input leaves in the result.

    `apart`: connections in the payload become lines of their own, as some shops were seen to do; the documentation
    shows them within their line.
    """
    if "data" not in body or not apart:
        return [{**body, "__lineNumber": number}]
    own, children = _split(body)
    lines: list[Node] = [{**own, "__lineNumber": number}]
    for parent, child in children:
        lines += _with_children(child, parent)
    return lines


def _with_children(node: Node, parent: str | None) -> Iterator[Node]:
    own, children = _split(node)
    yield own if parent is None else {**own, "__parentId": parent}
    for nearest, child in children:
        yield from _with_children(child, nearest)


def _by_depth(roots: list[Node]) -> Iterator[Node]:
    level: list[tuple[str | None, Node]] = [(None, node) for node in roots]
    while level:
        below: list[tuple[str | None, Node]] = []
        for parent, node in level:
            own, children = _split(node)
            yield own if parent is None else {**own, "__parentId": parent}
            below += children
        level = below


def _split(node: Node) -> tuple[Node, list[tuple[str, Node]]]:
    """Return a node without its connections, and the nodes in them, each with the id of the one it hangs on.

    That is the node of the nearest connection: an item's stock levels hang on the variant that the item was asked
    through. In a mutation's payload, where there is none, it is the object that holds the connection.
    """
    children: list[tuple[str, Node]] = []
    own = _strip(node, node.get("id"), children)
    return own, children


def _strip(node: Node, owner: str | None, children: list[tuple[str, Node]]) -> Node:
    own: Node = {}
    for name, value in node.items():
        if _is_connection(value):
            children += [(owner or str(node.get("id")), child) for child in _nodes(value)]
        else:
            own[name] = _strip(value, owner, children) if isinstance(value, dict) else value
    return own


def _is_connection(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("edges"), list)


def _nodes(connection: Node) -> list[Node]:
    return [edge["node"] for edge in connection["edges"]]
