"""`check --sql`: what is read of RMS, column by column, and the SQL text that reads it."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import click

from rms_console.commands.output import emit_json, page_width, paragraph, say, table
from rms_console.commands.reaching import Words, spoken
from rms_console.domain.columns import SqlFacts, effect_of, judge_columns
from rms_console.domain.findings import Level
from rms_console.domain.rows import SourceFacts
from rms_console.locale import told
from rms_console.wiring import Options, open_site
from rms_console.wiring.parts import open_tools


@runtime_checkable
class ShowsSql(Protocol):
    """A source that can show how it reads."""

    def sql_facts(self) -> SqlFacts: ...


def show_sql(options: Options, as_json: bool) -> None:
    """Print what is read of RMS and how. Neither the shop nor the ledger is asked.

    Raises:
        SourceError: RMS cannot be read, or lacks what every read needs.
    """
    with spoken(options), open_site(options) as site, open_tools(site) as deps:
        facts = deps.source.probe()
        if not isinstance(deps.source, ShowsSql):
            raise TypeError(f"{type(deps.source).__name__} shows no SQL")
        found, language = deps.source.sql_facts(), site.language
    if as_json:
        emit_json(sql_json(facts, found, language))
    else:
        _show(facts, found, Words(language))


def sql_json(facts: SourceFacts, found: SqlFacts, language: str) -> dict[str, object]:
    """Return it as plain JSON values."""
    return {
        "detection": facts.detection.value,
        "detection_reason": told(language, facts.detection_reason),
        "columns": [
            {"name": one.name, "table": one.table, "column": one.column, "type": one.type} for one in found.columns
        ],
        "absent": [
            {
                "name": one.name,
                "shown": one.shown,
                "effect": told(language, effect_of(one)),
                "nearest": one.nearest,
                "declared": one.declared,
            }
            for one in found.absent
        ],
        "statements": [
            {"name": one.name, "purpose": Words(language).phrase(one.purpose), "sql": one.sql}
            for one in found.statements
        ],
    }


def _show(facts: SourceFacts, found: SqlFacts, words: Words) -> None:
    language = words.language
    say(
        language,
        "Changes are found by {detection}: {reason}",
        detection=facts.detection.value,
        reason=facts.detection_reason,
    )
    name, column, kind = words.phrase("read as"), words.phrase("column"), words.phrase("type")
    rows = [{name: one.name, column: f"{one.table}.{one.column}", kind: one.type} for one in found.columns]
    click.echo(table((name, column, kind), rows))
    for finding in judge_columns(found.absent) if found.absent else ():
        message, hint = finding.told(language)
        click.echo(paragraph(message, page_width(), "- "))
        if finding.level is not Level.OK:
            click.echo(paragraph(hint, page_width(), "  -> "))
    for statement in found.statements:
        click.echo("")
        click.echo(f"-- {statement.name}: {words.phrase(statement.purpose)}")
        # As it is: what is read is meant to be copied and tried.
        click.echo("".join(sign if sign.isprintable() or sign == "\n" else " " for sign in statement.sql))
