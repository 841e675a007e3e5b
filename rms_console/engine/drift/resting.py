"""A comparison without an engine: it reads both ends and a copy of the ledger, and changes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final

from rms_console.contract.drift import DriftPad, DriftReport, DriftRun
from rms_console.contract.settings import EngineSettings
from rms_console.domain.grouping import style_key
from rms_console.domain.position import Position
from rms_console.engine.deps import Deps
from rms_console.engine.detector import FACT_RESTORED, Detector
from rms_console.engine.drift.audit import Past
from rms_console.engine.drift.reporting import FACT_COMPARED_UP_TO, report_of
from rms_console.engine.drift.running import VERIFY, Comparing, begin_anew
from rms_console.engine.journal import Journal
from rms_console.engine.rehearsing import look
from rms_console.errors import Refused
from rms_console.locale import sentence

MOST_NAMED: Final = 200
"""Products that a comparison of named ones reads, one by one."""


async def compare_at_rest(
    deps: Deps, settings: EngineSettings, pad: DriftPad, styles: Sequence[str] = (), skus: Sequence[str] = ()
) -> DriftReport:
    """Return what a comparison finds; of these styles and SKUs alone where some are named.

    `deps` carry a copy of the ledger: changes that an engine would read are queued there, so that what it is about
    to send counts as waiting.

    Raises:
        SourceError, ShopError, StoreError, ConfigError: what was read stays on the pad. Refused: RMS has no such item.
    """
    world = await look(deps, settings)
    detector = Detector(deps, Journal(deps.clock, deps.log))

    async def freshen() -> object:
        return await detector.poll(world.source.detection, settings.incremental_hours)

    before = await past(deps)
    await freshen()
    now = deps.clock.now()
    wanted = DriftRun(uuid.uuid4().hex, VERIFY, now.isoformat())
    comparing = Comparing(deps, pad, world.policy, settings.zone, before, freshen)
    if styles or skus:
        wanted.styles = await named_styles(deps, styles, skus)
        await deps.disk(pad.clear)
        await comparing.only(wanted, wanted.styles)
    else:
        wanted = await deps.disk(begin_anew, pad, await deps.disk(pad.load), wanted, now)
        await comparing.run(wanted)
    return await deps.disk(report_of, wanted, pad, deps.clock.now(), {})


async def named_styles(deps: Deps, styles: Sequence[str], skus: Sequence[str]) -> tuple[str, ...]:
    """Return the styles, as keys, of what a person named.

    Raises:
        Refused: neither RMS nor the ledger knows it, or they are too many. SourceError, StoreError.
    """
    _bound(len(styles) + len(skus))
    keys = {key for style in styles if (key := style_key(style))}
    found = await deps.disk(deps.ledger.products, sorted(keys))
    named = set(found)
    ids = await deps.sql(deps.source.find_items, tuple(styles), tuple(skus))
    if ids:
        read = await deps.sql(deps.source.read_items, ids)
        named |= {key for row in read.rows if (key := style_key(row.style))}
        known = await deps.disk(deps.ledger.styles_of, ids)
        named |= {style for several in known.values() for style in several}
    if not named:
        asked = ", ".join((*styles, *skus))
        raise Refused(
            sentence("RMS has no item {asked}", asked=asked), code="not-found", hint=sentence("check the spelling")
        )
    _bound(len(named))
    return tuple(sorted(named))


def _bound(count: int) -> None:
    """Each product that is named is read by itself: beyond some, reading the whole shop in bulk costs it less."""
    if count > MOST_NAMED:
        told = sentence("{count} products are named; {most} can be compared by name", count=count, most=MOST_NAMED)
        raise Refused(told, code="invalid", hint=sentence("compare everything: `rms-console verify`"))


async def past(deps: Deps) -> Past:
    """Return what is remembered of how RMS was read.

    Raises:
        StoreError.
    """
    since = await deps.disk(deps.ledger.get_fact, FACT_COMPARED_UP_TO)
    restored = await deps.disk(deps.ledger.get_fact, FACT_RESTORED)
    watermark = await deps.disk(deps.ledger.watermark)
    return Past(Position.decode(since) if since else None, watermark, restored is not None)
