"""`check`: looks at everything that must be right before the shop is written to."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import click

from rms_console.commands.output import emit_json, page_width, paragraph, say
from rms_console.commands.sqltext import show_sql
from rms_console.config.advice import advise
from rms_console.contract.check import CheckReport, Finding, Level, finding_json, of_error
from rms_console.domain.columns import WRONG_NAMES
from rms_console.engine import modes
from rms_console.engine.checking import Checking, judge_folder
from rms_console.engine.deps import Deps
from rms_console.engine.tenure import check_owner
from rms_console.errors import ConfigError, StoreError
from rms_console.locale import mark, translate
from rms_console.wiring import Options, Site, engine_settings, folders, open_site
from rms_console.wiring.parts import open_tools

WORDS = {Level.OK: mark("ok"), Level.WARN: mark("warning"), Level.FAIL: mark("FAILED")}
COLORS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object: passed, and all findings.")
@click.option("--sql", "as_sql", is_flag=True, help="Only show what is read of RMS: its columns and the SQL text.")
@click.pass_obj
def check(options: Options, as_json: bool, as_sql: bool) -> None:
    """Look at RMS, the shop, the settings and this machine, and say in plain words what is not right.

    Nothing is written to RMS or to the shop. A check that passed opens the way to go-live for 24 hours, as long as
    the settings stay as they are. Exit code 0 when nothing failed (warnings may stand), 2 when rms.queries names what
    the database does not have, else 1.
    """
    if as_sql:
        show_sql(options, as_json)
        return
    with open_site(options) as site:
        report = asyncio.run(look(site))
        language = site.language
    if as_json:
        findings = [finding_json(finding, language) for finding in report.findings]
        emit_json({"passed": report.passed, "at": report.at.isoformat(), "findings": findings})
    else:
        show(report, language)
    wrong_names = any(finding.code == WRONG_NAMES for finding in report.findings)
    raise SystemExit(2 if wrong_names else 0 if report.passed else 1)


async def look(site: Site) -> CheckReport:
    """Return the report, which is kept in the ledger for `go-live`; without a usable ledger it is one of failure."""
    try:
        with open_tools(site) as deps:
            try:
                return await _check(site, deps)
            finally:
                await deps.shop.close()
                if deps.shared_lease is not None:
                    await deps.shared_lease.close()
    except StoreError as error:
        found = [of_error(error, str(site.state)), *advise(site.settings)]
        for holds, facts in folders(site).items():
            found += judge_folder(holds, facts)
        return CheckReport(datetime.now(UTC), tuple(found))


async def _check(site: Site, deps: Deps) -> CheckReport:
    settings = engine_settings(site)
    report = await Checking(deps, settings).run(folders(site), advise(site.settings))
    try:
        await deps.disk(check_owner, deps.ledger, settings.shop)
    except ConfigError as error:
        return CheckReport(report.at, (*report.findings, of_error(error, str(site.state))), report.strangers)
    present = deps.fingerprint() if deps.fingerprint is not None else ""
    record = modes.CheckRecord(report.at, report.passed, present, report.strangers)
    await deps.disk(modes.record_check, deps.ledger, record)
    return report


def show(report: CheckReport, language: str) -> None:
    """Print the report for people: each finding with what to do, then the sum."""
    width, column = page_width(), max(len(translate(language, word, {})) for word in WORDS.values())
    for finding in report.findings:
        _show_finding(finding, language, width, column)
    click.echo("")
    failed, warned = report.count(Level.FAIL), report.count(Level.WARN)
    if report.passed:
        say(
            language,
            "Passed, with {warnings} {warnings:warning|warnings}. It opens the way to go-live for 24 hours.",
            warnings=warned,
        )
    else:
        say(
            language,
            "Not passed: {failures} {failures:failure|failures}, {warnings} {warnings:warning|warnings}.",
            failures=failed,
            warnings=warned,
        )


def _show_finding(finding: Finding, language: str, width: int, column: int) -> None:
    message, hint = finding.told(language)
    word = translate(language, WORDS[finding.level], {}).ljust(column)
    lines = paragraph(message, width, f"{word}  ")
    # Coloured after wrapping: the codes have no width.
    click.echo(lines.replace(word, click.style(word, fg=COLORS[finding.level]), 1))
    if hint and finding.level is not Level.OK:
        where = f" ({finding.where})" if finding.where and finding.where not in hint + message else ""
        click.echo(paragraph(f"{hint}{where}", width, " " * (column + 2) + "-> "))
