"""Finding in log lines: plain text, `re:` a regular expression, a leading `!` the lines without it.

Python's expressions backtrack: some take hours over one line, and nothing can stop them from outside. Three bounds
keep the console awake: only the first 500 characters of a line are searched, an expression that could multiply its
work is refused before it runs (see `_weigh`), and whoever walks many lines gives up on one that took too long.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from rms_console.locale import mark
from rms_console.tui.view import LogRow

SEARCHED: Final = 500
"""Characters of a line that are looked at."""
OPEN, OPTION = 4, 1
HEAVIEST: Final = 2 * OPEN
"""Two open repetitions that may share characters without a sure sign between them; each more multiplies the work.
An option (`?`, `|`) only doubles it."""
LONGEST: Final = 200
_SAMPLE: Final = frozenset(chr(code) for code in range(32, 127)) | frozenset("ñáéíóúü¿¡\t")

_sre: Any = importlib.import_module("re._parser")


@dataclass(frozen=True, slots=True)
class Finder:
    """What is looked for. An empty text finds every line."""

    text: str
    inverse: bool = False
    pattern: re.Pattern[str] | None = None

    @property
    def is_empty(self) -> bool:
        return self.pattern is None

    def matches(self, row: LogRow) -> bool:
        """Return whether a line is found by its service or message; with `!`, whether it is not."""
        return self.finds(f"{row.service} {row.message}")

    def finds(self, text: str) -> bool:
        """Return whether a text is found; with `!`, whether it is not."""
        if self.pattern is None:
            return True
        return (self.pattern.search(text[:SEARCHED]) is not None) is not self.inverse

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where a text matches, in order and never empty; nothing for an inverse search."""
        if self.pattern is None or self.inverse:
            return []
        return [found.span() for found in self.pattern.finditer(text[:SEARCHED]) if found.end() > found.start()]


NOTHING: Final = Finder("")


class BadSearch(ValueError):
    """A search that cannot be run. Its text is a template of a message; `why` its fact."""

    def __init__(self, template: str, why: str = "") -> None:
        super().__init__(template)
        self.template = template
        self.why = why


def parse(text: str) -> Finder:
    """Return what to look for.

    Raises:
        BadSearch: the expression is wrong, or could take for ever.
    """
    wanted = text.strip()
    inverse = wanted.startswith("!")
    rest = wanted[1:].strip() if inverse else wanted
    if rest.startswith("re:"):
        source = rest[3:].strip()
        return Finder(wanted, inverse, _expression(source)) if source else NOTHING
    if not rest:
        return NOTHING
    return Finder(wanted, inverse, re.compile(re.escape(rest[:LONGEST]), re.IGNORECASE))


def _expression(source: str) -> re.Pattern[str]:
    if len(source) > LONGEST:
        raise BadSearch(mark("the expression is too long"))
    try:
        tree = _sre.parse(source)
        _refuse_heavy(_weigh(tree))
        return re.compile(source, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadSearch(mark("no expression: {why}"), str(error)) from error


@dataclass(frozen=True, slots=True)
class _Step:
    """One piece of an expression: the sample characters it takes, how much it adds, whether it must be there."""

    takes: frozenset[str]
    weight: int = 0
    is_sure: bool = True


def _refuse_heavy(steps: Iterable[_Step]) -> None:
    run = dict.fromkeys(_SAMPLE, 0)
    for step in steps:
        for character in _SAMPLE:
            if step.weight and character in step.takes:
                run[character] += step.weight
            elif step.is_sure and character not in step.takes:
                # The expression cannot go on through this character here: repetitions on its two sides are apart.
                run[character] = 0
        if max(run.values()) > HEAVIEST:
            raise BadSearch(mark("too many repetitions (*, +, ?) in a row: it could take for ever"))


def _weigh(tree: Any) -> list[_Step]:
    """Return the steps of an expression; refuses kinds whose work cannot be told beforehand."""
    steps: list[_Step] = []
    for code, value in tree:
        name = str(code)
        if name in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
            steps.append(_Step(_takes(name, value)))
        elif name == "AT":
            continue
        elif name == "SUBPATTERN":
            steps += _weigh(value[3])
        elif name == "BRANCH":
            ways = [_weigh(way) for way in value[1]]
            steps += [_Step(step.takes, step.weight, is_sure=False) for way in ways for step in way]
            steps += [_Step(_all(way), OPTION, is_sure=False) for way in ways[1:]]
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            steps += _repeat(*value)
        else:
            raise BadSearch(mark("back references and look-arounds are not taken here"))
    return steps


def _repeat(least: int, most: Any, body: Any) -> list[_Step]:
    inner = _weigh(body)
    least, most = int(least), int(most)
    if most > 1 and any(step.weight or not step.is_sure for step in inner):
        raise BadSearch(mark("a repetition within a repetition could take for ever"))
    if most == least and most < LONGEST:
        return [step for _ in range(max(1, min(most, 3))) for step in inner]
    if most <= 1:
        return [
            _Step(_all(inner), OPTION, is_sure=False),
            *(_Step(step.takes, step.weight, is_sure=False) for step in inner),
        ]
    return [_Step(_all(inner), OPEN, is_sure=least > 0)]


def _all(steps: Iterable[_Step]) -> frozenset[str]:
    return frozenset().union(*(step.takes for step in steps))


def _takes(name: str, value: Any) -> frozenset[str]:
    """Return the sample characters that one piece takes, whatever their case."""
    if name == "ANY":
        return _SAMPLE
    if name in ("LITERAL", "NOT_LITERAL"):
        own = {chr(value).lower(), chr(value).upper()}
        return frozenset(own) if name == "LITERAL" else _SAMPLE - own
    negated, took = False, set[str]()
    for kind, what in value:
        if str(kind) == "NEGATE":
            negated = True
        elif str(kind) == "LITERAL":
            took |= {chr(what).lower(), chr(what).upper()}
        elif str(kind) == "RANGE":
            took |= {own for own in _SAMPLE for case in (own.lower(), own.upper()) if what[0] <= ord(case) <= what[1]}
        else:
            took |= _category(str(what))
    return _SAMPLE - took if negated else frozenset(took)


_SIGNS: Final[dict[str, Callable[[str], bool]]] = {
    "DIGIT": str.isdigit,
    "SPACE": str.isspace,
    "WORD": lambda own: own.isalnum() or own == "_",
}


def _category(name: str) -> frozenset[str]:
    test = _SIGNS.get(name.rsplit("_", 1)[-1])
    took = frozenset(own for own in _SAMPLE if test(own)) if test else _SAMPLE
    return _SAMPLE - took if "_NOT_" in name else took
