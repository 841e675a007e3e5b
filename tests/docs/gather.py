"""Every code that the program can show a person, read from its source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import rms_console

PACKAGE: Final = Path(rms_console.__file__).parent
CODE_AT: Final = {
    "Finding": 1,
    "Rule": 0,
    "Refused": 1,
    "PriceUnusable": 0,
    "Doubtful": 0,
    "Rejected": 0,
    "Excluded": 0,
    "NotCreated": 0,
    "Problem": 0,
    "VersionNotice": 0,
    "Ruling": 1,
    "Meaning": 1,
    "Denied": 1,
    "Bar": 0,
    "Clash": 1,
    "Postponed": 3,
    "Quarantined": 2,
    "_quarantine": 2,
    "RetryDecision": 1,
}
"""Which argument of a call is a code; a keyword `code` or `rule` is one wherever it stands."""
ONE: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def codes() -> dict[str, str]:
    """Return each code with the place in the source that gives it. The simulated shop's own codes are Shopify's."""
    trees = {
        path: ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
        if "demo" not in path.relative_to(PACKAGE).parts
    }
    everywhere = {name: text for tree in trees.values() for name, text in constants(tree)}
    return {
        code: f"{path.relative_to(PACKAGE.parent)}:{line}"
        for path, tree in trees.items()
        for code, line in codes_in(tree, everywhere | dict(constants(tree)))
        if ONE.fullmatch(code)
    }


def constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the module's names for texts."""
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                yield from named(zip(target.elts, node.value.elts, strict=True))
            elif node.value is not None:
                yield from named([(target, node.value)])


def named(pairs: Iterable[tuple[ast.expr, ast.expr]]) -> Iterator[tuple[str, str]]:
    for target, value in pairs:
        if isinstance(target, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield target.id, value.value


def codes_in(tree: ast.Module, names: dict[str, str]) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign | ast.Assign):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            if isinstance(target, ast.Name) and target.id == "default_code" and isinstance(node.value, ast.Constant):
                yield str(node.value.value), node.lineno
        if isinstance(node, ast.Call):
            for value in in_call(node):
                for text in texts(value, names):
                    yield text, value.lineno


def in_call(call: ast.Call) -> Iterator[ast.expr]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    place = CODE_AT.get(name)
    if place is not None:
        yield from call.args[place : place + 1]
    yield from (keyword.value for keyword in call.keywords if keyword.arg in ("code", "rule"))


def texts(node: ast.expr, names: dict[str, str]) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Name) and node.id in names:
        yield names[node.id]
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body, names)
        yield from texts(node.orelse, names)
