"""`go-live` and `observe`: whether anything is written to the shop."""

from __future__ import annotations

import sys

import click

from rms_console.commands.given import YES
from rms_console.commands.output import say
from rms_console.commands.person import operator
from rms_console.contract.ports import Ledger
from rms_console.contract.state import Mode
from rms_console.engine import modes
from rms_console.engine.deps import Deps
from rms_console.engine.tenure import check_owner
from rms_console.errors import Refused
from rms_console.locale import mark, translate
from rms_console.wiring import Options, Site, engine_settings, open_site
from rms_console.wiring.parts import open_tools


@click.command("go-live")
@YES
@click.pass_obj
def go_live(options: Options, yes: bool) -> None:
    """Begin to write to the shop.

    Refused (exit code 4) without a check that passed within 24 hours with the same settings, and, where the shop had
    products, without an adoption that was looked at. A running engine follows with its next cycle. What was planned
    while it observed is then sent; `plan` shows it beforehand.
    """
    with open_site(options) as site, open_tools(site) as deps:
        language, configured = site.language, engine_settings(site).mode
        check_owner(deps.ledger, engine_settings(site).shop)
        if modes.in_force(deps.ledger, configured) is Mode.LIVE:
            say(language, "The mode is live already: changes are sent to {shop}.", shop=_shop(site))
            return
        _refuse_obstacles(deps, language)
        confirm(language, mark("From now on changes are written to {shop}. Go on?"), yes, shop=_shop(site))
        _switch(deps, configured, Mode.LIVE)
        say(
            language,
            "The mode is live: a running engine writes to {shop} from its next cycle on.",
            shop=_shop(site),
        )


@click.command()
@click.pass_obj
def observe(options: Options) -> None:
    """Stop writing to the shop: changes are still found, planned and recorded.

    Needs no yes and no engine. A running engine follows with its next cycle.
    """
    with open_site(options) as site, open_tools(site) as deps:
        configured = engine_settings(site).mode
        check_owner(deps.ledger, engine_settings(site).shop)
        if _switch(deps, configured, Mode.OBSERVE):
            say(
                site.language,
                "The mode is observe: a running engine sends nothing from its next cycle on.",
            )
        else:
            say(site.language, "The mode is observe already: nothing is sent.")


def confirm(language: str, question: str, yes: bool, /, **facts: object) -> None:
    """Return once there is a yes.

    Raises:
        Refused: the answer was no, or there is no terminal to ask on.
    """
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Refused(
            translate(language, mark("a yes is needed, and there is no terminal to ask on"), {}),
            code="yes-needed",
            hint=translate(language, mark("add --yes"), {}),
        )
    if not click.confirm(translate(language, question, facts), default=False):
        raise Refused(translate(language, mark("nothing was changed"), {}), code="no")


def _refuse_obstacles(deps: Deps, language: str) -> None:
    if deps.fingerprint is None:
        return
    obstacle = modes.obstacle(deps.ledger, deps.fingerprint(), deps.clock.now())
    if obstacle is not None:
        message, hint = obstacle.told(language)
        raise Refused(message, code=obstacle.code, hint=hint)


def _switch(deps: Deps, configured: Mode, mode: Mode) -> bool:
    """Put a mode in force and into the audit trail; return whether it changed."""
    changed = modes.choose(deps.ledger, configured, mode)
    if changed:
        _audit(deps.ledger, deps, mode)
    return changed


def _audit(ledger: Ledger, deps: Deps, mode: Mode) -> None:
    actor = operator()
    detail = {"mode": mode.value, "reason": "", "result": "accepted"}
    ledger.append_audit(deps.clock.now(), actor.name, actor.host, actor.via, modes.ACTION, detail)


def _shop(site: Site) -> str:
    return engine_settings(site).shop
