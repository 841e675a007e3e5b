"""The check: looks at both ends and at how they go together. Reads only; says everything it can, not just the first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Protocol, TypeVar, runtime_checkable

from rms_console.contract.check import CheckReport, Finding, FolderFacts, Level, of_error
from rms_console.contract.ports import ShopFacts
from rms_console.contract.settings import EngineSettings
from rms_console.domain import soundness
from rms_console.domain.columns import judge_columns
from rms_console.domain.position import Position
from rms_console.domain.rows import SourceFacts
from rms_console.domain.zone import to_local
from rms_console.engine.deps import Deps
from rms_console.engine.detecting import judge_detection, known_probe
from rms_console.engine.detector import READ_LIMIT
from rms_console.engine.world import choose_locations, complete_policy
from rms_console.errors import ConfigError, LeaseError, ShopError, SourceError
from rms_console.locale import Sentence, mark

RMS, SHOPIFY = "RMS", "Shopify"
LEAST_FREE_BYTES, SCARCE_BYTES = 100 << 20, 1 << 30
LEDGER_PAGE = 5000
LOOKS = 2
"""The poll is timed so often and the quickest counts: the first one opens what later ones find open."""

T = TypeVar("T")


@runtime_checkable
class KnowsPermissions(Protocol):
    """A source that can say what its login may do."""

    def permissions(self) -> tuple[Finding, ...]: ...


class Checking:
    """One check. Findings gather in the order in which a person would go through them."""

    def __init__(self, deps: Deps, settings: EngineSettings) -> None:
        self._deps = deps
        self._settings = settings
        self._found: list[Finding] = []

    async def run(self, folders: Mapping[str, FolderFacts], more: Iterator[Finding]) -> CheckReport:
        """Return everything found; `folders` by what they hold, `more` about the settings alone.

        Raises:
            StoreError: the ledger cannot be read.
        """
        source = await self._look_at_rms()
        shop = await self._look_at_shop()
        await self._look_at_redis()
        if source is not None and shop is not None:
            self._judge_together(source, shop)
        strangers = await self._count_strangers() if shop is not None else None
        self._found += more
        for holds, facts in folders.items():
            self._found += judge_folder(holds, facts)
        return CheckReport(self._deps.clock.now(), tuple(self._found), strangers)

    # RMS

    async def _look_at_rms(self) -> SourceFacts | None:
        deps = self._deps
        facts = await self._tried(RMS, lambda: deps.sql(deps.source.probe))
        if facts is not None:
            message = mark("RMS answers: {description}")
            self._found.append(Finding(Level.OK, "rms", message, facts={"description": facts.description}))
        source = deps.source
        if isinstance(source, KnowsPermissions):
            self._found += await self._tried(RMS, lambda: deps.sql(source.permissions)) or ()
        if facts is not None:
            self._judge_rms(facts)
            self._found += judge_detection(facts, await deps.disk(known_probe, deps.ledger))
            await self._tried(RMS, lambda: self._time_poll(facts))
            await self._tried(RMS, self._time_view)
        return facts

    def _judge_rms(self, facts: SourceFacts) -> None:
        self._found += judge_columns(facts.absent)
        told = {"detection": facts.detection.value, "reason": facts.detection_reason}
        message = mark("Changes are found by {detection}: {reason}")
        self._found.append(Finding(Level.OK, "detection", message, facts=told))
        zone = self._settings.zone
        clock = soundness.judge_rms_clock(facts.server_time, to_local(self._deps.clock.now(), zone), zone)
        self._found = [one for one in self._found if one.code != clock.code]
        self._found.append(clock)

    async def _time_poll(self, facts: SourceFacts) -> None:
        """Time the look for changes as the engine makes it, from where the next one would begin."""
        deps, settings = self._deps, self._settings
        watermark = await deps.disk(deps.ledger.watermark)
        known = watermark if watermark is not None and watermark.detection is facts.detection else facts.highest
        start = known if known is not None else await deps.sql(deps.source.starting_point, 0.0)
        took = min([await self._one_poll(start) for _ in range(LOOKS)])
        watches = 0 < settings.watch_s < settings.interval_s
        between_s = settings.watch_s if watches else settings.interval_s
        where = "sync.watch_s" if watches else "sync.interval_minutes"
        self._found.append(soundness.judge_pace(took, between_s, where))

    async def _one_poll(self, start: Position) -> float:
        return await self._timed(lambda: self._deps.sql(self._deps.source.read_changes, start, READ_LIMIT))

    async def _time_view(self) -> None:
        deps = self._deps
        some = await deps.sql(deps.source.item_ids, -1, 1, False)
        if some:
            took = await self._timed(lambda: deps.sql(deps.source.read_items, some))
            self._found.append(soundness.judge_view(took))
        else:
            self._found.append(Finding(Level.WARN, "rms-empty", mark("RMS has no items"), where=RMS))

    # The shop

    async def _look_at_shop(self) -> ShopFacts | None:
        deps, settings = self._deps, self._settings
        facts = await self._tried(SHOPIFY, deps.shop.describe)
        if facts is None:
            return None
        self._found.append(_identity(facts, settings.shop))
        today = deps.clock.now().date()
        self._found.append(soundness.judge_version(settings.api_version, facts.served_version, today))
        if facts.server_time is not None:
            self._found.append(soundness.judge_shop_clock(facts.server_time, deps.clock.now()))
        wanted = settings.policy.mapping.publications
        scopes = await self._tried(SHOPIFY, deps.shop.scopes)
        if scopes is not None:
            self._found += soundness.judge_scopes(scopes, bool(wanted))
        if wanted:
            await self._tried(SHOPIFY, lambda: self._look_at_channels(wanted))
        return facts

    async def _look_at_redis(self) -> None:
        lease = self._deps.shared_lease
        if lease is not None and await self._tried("redis.url", lease.look) is not None:
            self._found.append(Finding(Level.OK, "redis", mark("Redis answers"), where="redis.url"))

    async def _look_at_channels(self, wanted: tuple[str, ...]) -> None:
        there = {channel.publication_id: channel.name for channel in await self._deps.shop.publications()}
        absent = [publication for publication in wanted if publication not in there]
        named = ", ".join(f"{name} ({publication.rpartition('/')[2]})" for publication, name in there.items())
        if absent:
            told = {"absent": ", ".join(absent), "named": named or "-"}
            self._found.append(
                Finding(
                    Level.FAIL,
                    "publications",
                    mark("The shop has no sales channel {absent}"),
                    mark("it has: {named}"),
                    "mapping.publish_to",
                    told,
                )
            )
        else:
            told = {"named": ", ".join(there[publication] for publication in wanted)}
            self._found.append(Finding(Level.OK, "publications", mark("New products go to: {named}"), facts=told))

    async def _count_strangers(self) -> int | None:
        """Return how many products the shop has beyond those that the ledger remembers."""
        deps = self._deps
        count = await self._tried(SHOPIFY, deps.shop.count_products)
        if count is None:
            return None
        known, after = 0, ""
        while page := await deps.disk(deps.ledger.remembered, after, LEDGER_PAGE):
            known, after = known + len(page), page[-1][0]
        told = {"count": count, "known": known}
        message = mark("The shop has {count} {count:product|products}, {known} of them linked with RMS")
        self._found.append(Finding(Level.OK, "products", message, facts=told))
        return max(0, count - known)

    # Both

    def _judge_together(self, source: SourceFacts, shop: ShopFacts) -> None:
        policy = self._settings.policy
        try:
            chosen, assumed = choose_locations(policy.mapping.locations, source.stock_columns, shop.locations)
        except ConfigError as error:
            self._found.append(of_error(error, "mapping.locations"))
            return
        self._found += _locations(chosen, assumed, shop)
        in_force = complete_policy(policy, source, shop).policy.mapping.tax
        percent = policy.mapping.tax_percent
        self._found += soundness.judge_taxes(
            policy.mapping.tax, in_force, source.taxes_included, shop.taxes_included, percent
        )
        self._found.append(soundness.judge_highest_price(shop.currency, policy.filters.max_price))

    # How it is asked

    async def _tried(self, where: str, ask: Callable[[], Awaitable[T]]) -> T | None:
        """Return the answer, or None with the error as a finding: one refusal must not hide what else there is."""
        try:
            return await ask()
        except (SourceError, ShopError, LeaseError) as error:
            finding = of_error(error, where)
            if finding not in self._found:
                self._found.append(finding)
            return None

    async def _timed(self, ask: Callable[[], Awaitable[object]]) -> float:
        begun = self._deps.clock.monotonic()
        await ask()
        return self._deps.clock.monotonic() - begun


def judge_folder(holds: str, facts: FolderFacts) -> Iterator[Finding]:
    """Say whether a folder of ours can be worked with. `holds`: state or log."""
    told = {"folder": facts.path, "free": _size(facts.free_bytes), "kind": facts.file_system or "?"}
    code = f"{holds}-folder"
    if not facts.is_writable:
        message, remedy = (
            mark("{folder} cannot be written"),
            mark("give this account the right to, or name another folder"),
        )
        yield Finding(Level.FAIL, code, message, remedy, facts.path, told)
    elif facts.is_network and holds == "state":
        message = mark("{folder} lies on a network drive ({kind}): its locks cannot be relied on")
        yield Finding(
            Level.FAIL, code, message, mark("put it on a disk of this machine: --state-dir"), facts.path, told
        )
    elif facts.free_bytes < LEAST_FREE_BYTES:
        message = mark("{folder} has only {free} left: nothing may be sent that cannot be recorded")
        yield Finding(Level.FAIL, code, message, mark("free space on that disk"), facts.path, told)
    elif facts.free_bytes < SCARCE_BYTES:
        message = mark("{folder} has only {free} left")
        yield Finding(Level.WARN, code, message, mark("free space on that disk"), facts.path, told)
    else:
        yield Finding(Level.OK, code, mark("{folder} can be written, {free} are free"), facts=told)


def _size(size_bytes: int) -> str:
    return f"{size_bytes / (1 << 30):.1f} GB" if size_bytes >= 1 << 30 else f"{size_bytes >> 20} MB"


def _identity(facts: ShopFacts, asked: str) -> Finding:
    told = {"name": facts.name, "domain": facts.domain, "asked": asked}
    if facts.domain.casefold() == asked.casefold():
        return Finding(Level.OK, "shop", mark("The shop answers: {name} ({domain})"), facts=told)
    return Finding(
        Level.FAIL,
        "shop",
        mark("The access token is that of {domain}, the settings name {asked}"),
        mark("set shopify.shop and the token of the same shop"),
        "shopify.shop",
        told,
    )


def _locations(chosen: Mapping[str, str], assumed: list[str], shop: ShopFacts) -> Iterator[Finding]:
    names = {place.location_id: place.name for place in shop.locations}
    told = ", ".join(f"{column} -> {names[place]}" for column, place in chosen.items())
    if not assumed:
        yield Finding(Level.OK, "locations", mark("Stock goes: {told}"), facts={"told": told})
    for text in assumed:
        facts = dict(text.facts) if isinstance(text, Sentence) else {}
        template = text.template if isinstance(text, Sentence) else text
        remedy = mark("look whether that is so, and set mapping.locations")
        yield Finding(Level.WARN, "locations", template, remedy, "mapping.locations", facts)
