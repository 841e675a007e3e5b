"""The catalogs: every template that the program writes has Spanish wording, and none is left over."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import click
import pytest
from click.testing import CliRunner

import rms_console
from rms_console.cli import program
from rms_console.commands import COMMANDS
from rms_console.commands.helping import AS_IT_STANDS, paragraphs
from rms_console.config.kinds import allowed
from rms_console.config.tree import FIELDS
from rms_console.locale import BAR, language_for, mark, messages, sentence, told, translate

PACKAGE = Path(rms_console.__file__).parent
TEMPLATE_AT = {
    "LogLine": 2,
    "log": 2,
    "step": 1,
    "record": 1,
    "_log": 0,
    "mark": 0,
    "sentence": 0,
    "say": 1,
    "phrase": 0,
}
"""Which argument of a call is the template; those before it are levels, loggers' names and tags."""


def called_name(call: ast.Call) -> str:
    """Return the name a call goes by; a method that happens to be called `mark` is not ours."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr if call.func.attr != "mark" else ""
    return getattr(call.func, "id", "")


def texts(node: ast.expr) -> Iterator[str]:
    """Yield the texts an argument may be: a literal, or either side of a condition."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def templates_in(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and called_name(node) in TEMPLATE_AT:
            place = TEMPLATE_AT[called_name(node)]
            named = [keyword.value for keyword in node.keywords if keyword.arg == "template"]
            for argument in [*node.args[place : place + 1], *named]:
                yield from ((argument.lineno, text) for text in texts(argument))


def written_templates() -> dict[str, str]:
    """Return each template of the program with the place that writes it; what a setting does is one too."""
    described = {field.description: f"the description of {key}" for key, field in FIELDS.items() if field.description}
    helped = {
        part: "the help of a command"
        for text in help_texts()
        for part in paragraphs(text)
        if part and not part.startswith(AS_IT_STANDS)
    }
    return (
        described
        | helped
        | {
            template: f"{path.relative_to(PACKAGE.parent)}:{line}"
            for path in sorted(PACKAGE.rglob("*.py"))
            for line, template in templates_in(path.read_text(encoding="utf-8"))
        }
    )


def help_texts() -> Iterator[str]:
    """Yield what `--help` tells of every command and option."""
    found = (program.get_command(click.Context(program), name) for name in COMMANDS)
    commands: list[click.Command | None] = [program, *found]
    while commands:
        command = commands.pop()
        assert command is not None
        yield command.help or ""
        yield from (option.help or "" for option in command.params if isinstance(option, click.Option))
        commands += list(command.commands.values()) if isinstance(command, click.Group) else []


def has_words(template: str) -> bool:
    """Return whether a template says anything itself: one that is all facts needs no translation."""
    return any(literal.strip(" \n:,.()") or BAR in (spec or "") for literal, _, spec, _ in Formatter().parse(template))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_template_has_spanish() -> None:
    missing = {
        text: place for text, place in written_templates().items() if has_words(text) and text not in messages("es")
    }
    told = "\n".join(f"{place}: {text!r}" for text, place in missing.items())
    assert not missing, f"add these to rms_console/locale/es.po:\n{told}"


def test_every_setting_says_what_it_does_and_takes_in_spanish() -> None:
    english = {
        key: text
        for key, field in FIELDS.items()
        for text in (field.description or "", allowed(field))
        if told("es", sentence(text)) == text and told("es", text) == text
    }
    assert not english


def test_no_message_is_left_over() -> None:
    left_over = sorted(messages("es").keys() - written_templates().keys())
    assert not left_over, f"nothing writes these, take them out of es.po: {left_over}"


def test_translations_keep_the_facts() -> None:
    differing = {text for text, spanish in messages("es").items() if placeholders(text) != placeholders(spanish)}
    assert not differing


def test_the_scan_sees_templates_and_only_templates() -> None:
    source = """
self._journal.log("WARN", "ChangeDetector", "one {a}", a="not this")
journal.step("READY", "Ready")
LogLine(level, "Till", template="The two")
LogLine("INFO", "Till", "The eight", facts)
self._log("The three" if busy else "The four")
TABLE = (mark("The five"), "The six")
other("The seven")
self._links.mark("The nine")
"""
    assert {text for _, text in templates_in(source)} == {
        "one {a}",
        "Ready",
        "The two",
        "The three",
        "The four",
        "The five",
        "The eight",
    }


def test_spanish_is_filled_from_the_facts() -> None:
    assert translate("es", "Starting rms_console {version}", {"version": "1.2"}) == ("Arrancando rms_console 1.2")


def test_english_is_the_template_itself() -> None:
    assert translate("en", "Ready", {}) == "Ready"


def test_a_missing_fact_stays_visible() -> None:
    assert translate("en", "{known} of {unknown:.1f}", {"known": 1}) == "1 of {unknown:.1f}"


@pytest.mark.parametrize("template", ["{count:.1f}", "{0}", "{", "{count.real.nothing}"])
def test_a_template_that_cannot_be_filled_is_told_as_it_is(template: str) -> None:
    assert translate("es", template, {"count": "many"}) == template


@pytest.mark.parametrize("count", [0, 1, 2, 21, "1", "12"])
def test_one_is_told_otherwise_than_many(count: object) -> None:
    is_one = str(count) == "1"
    english = translate("en", "{count} {count:item|items}", {"count": count})
    assert english == f"{count} item" if is_one else english == f"{count} items"
    spanish = translate("es", "{count} {count:item|items}", {"count": count})
    assert spanish == f"{count} artículo" if is_one else spanish == f"{count} artículos"


def test_every_number_has_two_words_and_they_differ() -> None:
    for text in (text for pair in messages("es").items() for text in pair):
        for _, name, spec, _ in Formatter().parse(text):
            if spec and BAR in spec:
                one, *other = spec.split(BAR)
                assert len(other) == 1, text
                assert one != other[0], text
                assert name, text


def test_facts_are_never_read_as_templates() -> None:
    assert translate("en", "Product: {title} (CCOD: {style})", {"title": "{style}", "style": "A1"}) == (
        "Product: {style} (CCOD: A1)"
    )


@pytest.mark.parametrize(
    ("setting", "environ", "language"),
    [
        ("es", {}, "es"),
        ("EN", {"LANG": "es_CR.UTF-8"}, "en"),
        ("auto", {"LANG": "es_CR.UTF-8"}, "es"),
        ("auto", {"LANG": "es"}, "es"),
        ("auto", {"LANG": "es@euro"}, "es"),
        ("auto", {"LANG": "et_EE.UTF-8"}, "en"),
        ("auto", {"LANG": "es_CR.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ("auto", {"LANG": "en_US.UTF-8", "LC_MESSAGES": "es_MX"}, "es"),
        ("auto", {"LANG": "C.UTF-8"}, "en"),
    ],
)
def test_language_follows_setting_then_locale(setting: str, environ: dict[str, str], language: str) -> None:
    assert language_for(setting, environ) == language


def test_mark_returns_its_text() -> None:
    assert mark("Ready") == "Ready"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--lang", "es", "--help"], "Lleva cada cambio de RMS a su tienda web"),
        (["--lang", "es", "queue", "retry", "--help"], "Reintenta artículos en la próxima corrida."),
        (["--lang", "es", "queue", "--help"], "Saca artículos de la cola"),
        (["--lang", "es", "queue", "--help"], "queue [OPCIONES] COMANDO [ARGUMENTOS]..."),
        (["--lang", "en", "queue", "--help"], "Take items off the queue"),
    ],
)
def test_help_is_told_in_the_persons_language(arguments: list[str], told: str) -> None:
    text = CliRunner().invoke(program, arguments).output
    assert told in " ".join(text.split())
    assert ("Opciones:" in text) is ("es" in arguments)


def doubles_in(catalog: str) -> list[str]:
    """Return every msgid that stands more than once, whatever its translations say."""
    counted = Counter(re.findall(r'^msgid (".*"(?:\n".*")*)', catalog, re.MULTILINE))
    return sorted(text for text, times in counted.items() if times > 1)


def test_no_message_stands_twice() -> None:
    """Babel takes the last of two without a word, so that mending the first would change nothing."""
    doubles = doubles_in((PACKAGE / "locale" / "es.po").read_text(encoding="utf-8"))
    assert not doubles, f"es.po has these more than once: {doubles}"


def test_a_double_is_found_over_several_lines_and_with_another_translation() -> None:
    catalog = (
        'msgid ""\n"one "\n"two"\nmsgstr "a"\n\nmsgid "three"\nmsgstr "b"\n\nmsgid ""\n"one "\n"two"\nmsgstr "c"\n'
    )
    assert doubles_in(catalog) == ['""\n"one "\n"two"']
