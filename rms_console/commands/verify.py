"""`verify`: is the shop equal to the store? Both and the ledger side by side; with --fix, mended through the guard."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import Any, Final

import click

from rms_console.commands.drift_report import show_report
from rms_console.commands.given import SKUS, STYLES
from rms_console.commands.output import emit_json
from rms_console.commands.person import by_person
from rms_console.commands.reaching import can_rest, engine, spoken
from rms_console.commands.waiting import await_end, mark_place
from rms_console.contract.commands import Refused, Verify
from rms_console.contract.drift import MOST_KEPT, DriftPad, DriftReport, difference_row
from rms_console.contract.queries import Query, Subject
from rms_console.contract.settings import EngineSettings
from rms_console.contract.state import Mode
from rms_console.control.client import EngineClient
from rms_console.engine.deps import Deps
from rms_console.engine.drift.reporting import facts_of
from rms_console.engine.drift.resting import compare_at_rest
from rms_console.errors import ConsoleError, LinkError
from rms_console.errors import Refused as RefusedError
from rms_console.locale import mark, sentence, translate
from rms_console.wiring import Options, engine_settings
from rms_console.wiring.drift import command_pad
from rms_console.wiring.parts import open_trial

EXIT_DIFFERENT: Final = 1
TO_SEND: Final = mark("What differs is queued and sent through the guard. Go on?")
TO_PLAN: Final = mark("What differs is queued and planned; the engine observes, so nothing is sent. Go on?")


@click.command()
@click.option("--fix", is_flag=True, help="Queue what differs for mending, through the guard. Needs the engine.")
@SKUS
@STYLES
@click.option("--yes", is_flag=True, help="With --fix: do not ask; needed where there is no terminal to ask on.")
@click.option("--json", "as_json", is_flag=True, help="As JSON: the figures, and one object a difference.")
@click.pass_obj
def verify(
    options: Options, fix: bool, skus: tuple[str, ...], styles: tuple[str, ...], yes: bool, as_json: bool
) -> None:
    """Compare store, ledger and shop and say what differs, and who made it so.

    Beside a running engine the engine compares; without one both ends are only read. Exit code 0: equal,
    1: something differs, 3: --fix without an engine, 4: refused.
    """
    if yes and not fix:
        raise click.UsageError(sentence("--yes goes with --fix"))
    if fix and not yes and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError(sentence("--fix needs a yes, and there is no terminal to ask on: add --yes"))
    request = Verify(styles, skus, fix, "verify")
    with spoken(options) as language:
        try:
            with engine(options) as client:
                facts, rows = _ask_engine(client, request, language, yes)
        except LinkError as error:
            if fix or not (options.demo or can_rest(options, error)):
                raise
            facts, rows = _at_rest(options, request)
        if as_json:
            emit_json({**facts, "differences": rows})
        else:
            show_report(facts, rows, language)
    raise SystemExit(0 if facts["equal"] else EXIT_DIFFERENT)


def _ask_engine(
    client: EngineClient, request: Verify, language: str, yes: bool
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Have the engine compare, wait for its report, and return it.

    Raises:
        LinkError: it cannot be asked, or not any more. RefusedError: it said no. ConsoleError: it came to no end.
    """
    if request.heal and not yes:
        is_observing = client.snapshot().mode is Mode.OBSERVE
        asked = translate(language, TO_PLAN if is_observing else TO_SEND, {})
        if not click.confirm(asked, default=False):
            raise RefusedError(translate(language, mark("nothing was asked"), {}), code="no")
    command = by_person(request)
    place = mark_place(client)
    reply = client.send(command)
    if isinstance(reply, Refused):
        raise RefusedError(reply.message, code=reply.code, hint=reply.hint)
    ended = await_end(client, place, reply.command_id)
    page = client.page(Query(Subject.DRIFT, MOST_KEPT, key=reply.command_id))
    if ended.result != "done" or page.problem:
        raise ConsoleError(ended.note or page.problem, code="verify-failed")
    return page.facts, list(page.rows)


def _at_rest(options: Options, request: Verify) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    with contextlib.ExitStack() as stack:
        site, deps = stack.enter_context(open_trial(options))
        pad = stack.enter_context(contextlib.closing(command_pad(site, not (request.styles or request.skus))))
        report = asyncio.run(_compare(deps, engine_settings(site), pad, request))
    rows = [difference_row(number, one) for number, one in enumerate(report.differences, start=1)]
    return {**facts_of(report), "engine": "not running"}, rows


async def _compare(deps: Deps, settings: EngineSettings, pad: DriftPad, request: Verify) -> DriftReport:
    try:
        return await compare_at_rest(deps, settings, pad, request.styles, request.skus)
    finally:
        await deps.shop.close()
