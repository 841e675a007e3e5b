"""Reaches both ends and says each step, under the requirements' tags and in their order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from rms_console.contract.check import Level
from rms_console.contract.ports import ShopFacts
from rms_console.contract.settings import EngineSettings
from rms_console.contract.state import Health
from rms_console.domain.rows import SourceFacts
from rms_console.domain.versions import version_notice
from rms_console.engine.deps import Deps
from rms_console.engine.detecting import judge_detection, known_probe, refuse_unsafe
from rms_console.engine.journal import Journal
from rms_console.engine.links import Links
from rms_console.engine.world import World, complete_policy
from rms_console.errors import ConsoleError
from rms_console.locale import sentence

LOCK_OFF = "lock.enabled is off; two engines on one state folder are refused all the same"


class Startup:
    def __init__(self, deps: Deps, journal: Journal, links: Links) -> None:
        self._deps = deps
        self._journal = journal
        self._links = links
        self.shop_clocks: tuple[datetime, datetime] | None = None
        """Shopify's clock as it answered last, and ours."""

    def announce(self, settings: EngineSettings, level: str) -> None:
        self._journal.step("STARTUP", "Starting rms_console {version}", version=self._deps.version)
        self._journal.step("CONFIG", "Settings loaded from {file}", file=self._deps.settings_name)
        for warning in self._deps.settings_warnings:
            self._journal.step("CONFIG", "{warning}", severity="WARN", warning=warning)
        if not settings.lock_enabled:
            self._journal.step("CONFIG", "{warning}", severity="WARN", warning=LOCK_OFF)
        self._journal.step("LOGGING", "Log ready (level {level})", level=level)

    async def connect(self, settings: EngineSettings) -> World:
        """Probe the database, look at the shop, complete the policy.

        Raises:
            SourceError, ShopError, ConfigError: which end, why, and what to do.
        """
        deps = self._deps
        source = await self._source()
        self._journal.step("DATABASE", "RMS reached ({url})", url=deps.source_name)
        shop = await self._shop()
        self._journal.step("SHOPIFY", "Shop reached ({shop})", shop=shop.domain or settings.shop)
        if self._deps.shared_lease is None:
            self._journal.step("REDIS", "Redis is not set up: this machine's own lock is used")
        else:
            self._journal.step("REDIS", "The lease in Redis says which engine writes the shop")
        self._journal.step(
            "DETECTOR",
            "Change detection: {detection} ({reason})",
            detection=source.detection,
            reason=source.detection_reason,
        )
        await self._judge_detection(source)
        world = complete_policy(settings.policy, source, shop)
        notice = version_notice(settings.api_version, shop.served_version, deps.clock.now().date())
        if notice is not None:
            world = replace(world, warnings=(*world.warnings, sentence(notice.template, **notice.facts)))
        for warning in world.warnings:
            self._journal.step("CONFIG", "{warning}", severity="WARN", warning=warning)
        return world

    async def _judge_detection(self, source: SourceFacts) -> None:
        """Warn of stamps that cannot be relied on; refuse them where there is a better way.

        Raises:
            ConfigError: a probe showed that the detection in force loses changes.
        """
        probe = await self._deps.disk(known_probe, self._deps.ledger)
        for found in judge_detection(source, probe):
            if found.level is not Level.OK:
                self._journal.step("DETECTOR", found.message, severity="WARN", **found.facts)
        refuse_unsafe(source, probe)

    async def look(self, settings: EngineSettings) -> World:
        """Look at both ends again, without a word.

        Raises:
            SourceError, ShopError, ConfigError: as `connect`.
        """
        return complete_policy(settings.policy, await self._source(), await self._shop())

    async def _source(self) -> SourceFacts:
        with self._links.timed("rms"):
            return await self._deps.sql(self._deps.source.probe)

    async def _shop(self) -> ShopFacts:
        with self._links.timed("shopify"):
            facts = await self._deps.shop.describe()
        if facts.server_time is not None:
            self.shop_clocks = facts.server_time, self._deps.clock.now()
        return facts

    def ready(self, settings: EngineSettings) -> None:
        self._journal.step("SCHEDULER", "Timers ready (zone {zone})", zone=settings.zone)
        if settings.enabled:
            minutes = f"{settings.interval_s / 60:g}"
            self._journal.step("AUTO-SYNC", "Automatic sync on (every {minutes} minutes)", minutes=minutes)
        else:
            self._journal.step("AUTO-SYNC", "Automatic sync off")
        self._journal.step("SCHEDULER", "Timers started")
        self._journal.step("MONITOR", "Health checks every {seconds} s", seconds=f"{settings.health_interval_s:g}")
        self._journal.step("READY", "Ready")

    async def probe(self, side: str) -> None:
        """Ask one end whether it answers again.

        Raises:
            SourceError, ShopError: it does not.
        """
        try:
            await (self._source() if side == "rms" else self._shop())
        except ConsoleError:
            self._links.mark("rms" if side == "rms" else "shopify", Health.DOWN)
            raise
