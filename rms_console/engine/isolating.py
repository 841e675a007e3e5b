"""A row that breaks the planning in a way nobody foresaw: found by halving, so that the others go on.

What is halved are whole styles, never the items of one. What is found sound is planned once more together, because
what two styles may not both have (an SKU) shows only where both are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rms_console.contract.records import Postponed, QueueEntry, QueueState
from rms_console.contract.settings import EngineSettings
from rms_console.domain.policy import Policy
from rms_console.engine.deps import Deps
from rms_console.engine.intake import Intake, Load
from rms_console.engine.parts import together
from rms_console.engine.retry import decide
from rms_console.engine.widen import gather
from rms_console.errors import ConsoleError

Group = tuple[QueueEntry, ...]


class Isolation:
    """Takes what is due as `Intake` does, but for what breaks the planning: that is set aside with its reason."""

    def __init__(self, deps: Deps, intake: Intake) -> None:
        self._deps = deps
        self._intake = intake

    async def take(self, settings: EngineSettings, policy: Policy, only: Sequence[int] = ()) -> Load:
        """Return the guarded plans of all entries that can be planned; the others are postponed in it.

        Raises:
            SourceError, ShopError, StoreError: nothing was changed.
        """
        entries = await self._intake.entries(settings.max_items_per_run, only)
        search = _Search(self._intake, settings, policy)
        load = await search.sound(await self._groups(entries))
        load.taken = entries
        for group, error in search.broken:
            self._set_aside(load, group, error, settings)
        await self._intake.review(load, settings, policy)
        return load

    async def _groups(self, entries: Sequence[QueueEntry]) -> list[Group]:
        """Return the entries by what can be planned alone; each by itself where not even that can be told."""
        by_item = {entry.item_id: entry for entry in entries}
        try:
            groups = together(await gather(self._deps, tuple(by_item)), tuple(by_item))
        except ConsoleError:
            raise
        except Exception:  # noqa: BLE001 - the search finds the one that breaks the reading, and tells it
            groups = [[item_id] for item_id in by_item]
        return [tuple(by_item[item_id] for item_id in group) for group in groups]

    def _set_aside(self, load: Load, group: Group, error: Exception, settings: EngineSettings) -> None:
        for entry in group:
            decision = decide(error, entry.attempts, settings.max_attempts, self._deps.clock.now())
            load.quarantined += decision.state is QueueState.QUARANTINED
            load.postponed.append(
                Postponed(
                    entry.item_id,
                    entry.version,
                    decision.state,
                    decision.code,
                    decision.message,
                    decision.attempts,
                    decision.next_try_at,
                    entry.style,
                )
            )


@dataclass(slots=True)
class _Search:
    """One search by halving. `broken`: what cannot be planned even alone, with its error."""

    intake: Intake
    settings: EngineSettings
    policy: Policy
    broken: list[tuple[Group, Exception]] = field(default_factory=list)

    async def sound(self, groups: Sequence[Group]) -> Load:
        """Return one plan for all groups that can be planned."""
        tried = await self._plan(groups)
        if isinstance(tried, Load):
            return tried
        if len(groups) == 1:
            self.broken.append((groups[0], tried))
            return Load()
        middle = len(groups) // 2
        halves = [await self.sound(half) for half in (groups[:middle], groups[middle:])]
        first, *others = [half for half in halves if half.taken] or halves
        if not others:
            return first
        whole = await self._plan([half.taken for half in halves])
        # Two that break only together: the first goes now, the second stays due and meets what is then in the shop.
        return whole if isinstance(whole, Load) else first

    async def _plan(self, groups: Iterable[Group]) -> Load | Exception:
        entries = tuple(entry for group in groups for entry in group)
        try:
            return await self.intake.plan(entries, self.settings, self.policy)
        except ConsoleError:
            raise
        except Exception as error:  # noqa: BLE001 - this is what is searched for
            return error
