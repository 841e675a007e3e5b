"""`adopt`: which products of the shop are which styles of the store; linked after a yes."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import uuid
from collections.abc import AsyncIterator

import click

from rms_console.commands.adoption_report import show, write_json
from rms_console.commands.given import YES
from rms_console.commands.mode import confirm
from rms_console.commands.output import say
from rms_console.commands.person import operator
from rms_console.contract.adoption import Survey
from rms_console.engine.adopting import Adoption, Found, Tell
from rms_console.engine.deps import Deps
from rms_console.engine.linking import Linking
from rms_console.engine.tenure import Tenure, check_owner
from rms_console.errors import LeaseHeld, Refused
from rms_console.locale import mark, translate
from rms_console.wiring import Options, Site, engine_settings, open_site
from rms_console.wiring.parts import open_scratch, open_tools

CLEAR = "\r\x1b[K"
QUESTION = mark("Link {matched} products as shown, and set the doubtful ones aside? The shop is not changed by this.")
LINKED = mark("{count} {count:product is|products are} linked. Next: rms-console plan, then rms-console go-live.")
READING = {
    "shop": mark("Reading the shop: {count} products"),
    "rms": mark("Reading RMS: {count} items"),
    "view": mark("Reading the store's view: {count} items"),
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The whole report as one JSON object; asks nothing.")
@YES
@click.pass_obj
def adopt(options: Options, as_json: bool, yes: bool) -> None:
    """Find out which products of the shop are which styles (CCOD) of the store, and link them after a yes.

    Products are recognised by the ids remembered of them, then by our custom id metafield, then by SKU; never by
    title or option text. What is not certain is listed with the names and left alone. The report alone writes
    nothing and needs no yes; it can be read while the engine runs. Linking needs the engine to be stopped.

    Linked products are remembered as the shop holds them. The shop itself is changed only by the engine, once it is
    live: then each of them also gets the custom id.
    """
    with open_site(options) as site, open_tools(site) as deps, open_scratch() as survey:
        asyncio.run(_adopt(site, deps, survey, as_json, yes))


async def _adopt(site: Site, deps: Deps, survey: Survey, as_json: bool, yes: bool) -> None:
    asks = not (yes or as_json) and sys.stdin.isatty() and sys.stdout.isatty()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(deps.shop.close)
        tenure = await stack.enter_async_context(_tenure(site, deps, wanted=yes or asks, needed=yes))
        await deps.disk(check_owner, deps.ledger, engine_settings(site).shop)
        found = await Adoption(deps, engine_settings(site), survey, _progress(site.language)).look()
        _end_progress()
        if as_json:
            write_json(found, survey, site.language, await _link(deps, survey, found, tenure))
            return
        show(found, survey, site.language)
        if tenure is None:
            _tell_reading_only(site.language, asks, found)
        else:
            confirm(site.language, QUESTION, yes, matched=found.counts.matched)
        count = await _link(deps, survey, found, tenure)
        if count is not None:
            say(site.language, LINKED, count=count)


async def _link(deps: Deps, survey: Survey, found: Found, tenure: Tenure | None) -> int | None:
    """Return how many products were linked; None without the right to link any."""
    if tenure is None:
        return None
    return await Linking(deps, survey, tenure.epoch).accept(found.counts, operator())


@contextlib.asynccontextmanager
async def _tenure(site: Site, deps: Deps, *, wanted: bool, needed: bool) -> AsyncIterator[Tenure | None]:
    """Lend the right to write while it is `wanted`; None when it is not, or when an engine has it.

    Raises:
        Refused: it is `needed` and an engine has it.
    """
    tenure = Tenure(deps, uuid.uuid4().hex) if wanted else None
    if tenure is not None:
        try:
            await tenure.begin(engine_settings(site).shop)
        except LeaseHeld as error:
            if needed:
                raise _engine_runs(site.language) from error
            tenure = None
    try:
        yield tenure
    finally:
        if tenure is not None:
            tenure.end()


def _engine_runs(language: str) -> Refused:
    message = mark("the engine of this shop is running, and linking products needs it to stand still")
    hint = mark("stop it, run rms-console adopt again, and start it afterwards")
    return Refused(translate(language, message, {}), code="engine-running", hint=translate(language, hint, {}))


def _tell_reading_only(language: str, asks: bool, found: Found) -> None:
    """Without the right to write the report is all there is: say what would be needed.

    Raises:
        Refused: a person at a terminal could have said yes, but an engine is running.
    """
    if asks:
        raise _engine_runs(language)
    if found.counts.matched:
        say(language, "Nothing was written. To link the matched products: rms-console adopt --yes")
    else:
        say(language, "Nothing was written: no product is to be linked. rms-console adopt --yes notes that you looked.")


def _progress(language: str) -> Tell:
    """Return what tells on stderr how far the reading is, in one line; silent where that is no terminal."""
    if not sys.stderr.isatty():
        return lambda end, count: None

    def tell(end: str, count: int) -> None:
        click.echo(f"{CLEAR}{translate(language, READING[end], {'count': count})}", nl=False, err=True)

    return tell


def _end_progress() -> None:
    if sys.stderr.isatty():
        click.echo(CLEAR, nl=False, err=True)
