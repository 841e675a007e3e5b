"""Whether an answer has the keys and the formats of an example of the requirements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

_FORMATS: Final = (
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    r"\d+\.\ds",
    r"\d+%",
    r"\d+MB",
)


def differences(example: Any, answer: Any, place: str = "") -> Iterator[str]:
    """Yield where an answer lacks a key of the example, or writes a value in another form. A figure may be null."""
    if isinstance(example, dict):
        for key, value in example.items():
            if not isinstance(answer, dict) or key not in answer:
                yield f"{place}.{key} is missing"
            else:
                yield from differences(value, answer[key], f"{place}.{key}")
    elif answer is not None and not _is_alike(example, answer):
        yield f"{place}: {answer!r} is not like {example!r}"


def _is_alike(example: Any, answer: Any) -> bool:
    if isinstance(example, str):
        forms = [form for form in _FORMATS if re.fullmatch(form, example)]
        return isinstance(answer, str) and all(re.fullmatch(form, answer) for form in forms)
    if isinstance(example, bool) or isinstance(answer, bool):
        return isinstance(example, bool) and isinstance(answer, bool)
    if isinstance(example, int):
        return isinstance(answer, int)
    return isinstance(answer, int | float)
