"""Settings changed while running: checked, taken over at once, kept in the audit trail with old and new."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from rms_console.contract.commands import Accepted, ChangeSettings, Command, Refused, Reload, Reply, SetInterval
from rms_console.contract.desk_port import Revision, SettingValue, WrittenBack
from rms_console.locale import sentence

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

MIN_INTERVAL_MINUTES = 0.01
MAX_INTERVAL_MINUTES = 1440
INTERVAL = "sync.interval_minutes"


async def interval(engine: EngineService, command: Command, request: SetInterval) -> Reply:
    """Look for changes in another rhythm from now on.

    Raises:
        ConfigError: the settings in force do not allow it.
    """
    minutes = request.interval_minutes
    if not MIN_INTERVAL_MINUTES <= minutes <= MAX_INTERVAL_MINUTES:
        told = sentence("{minutes} minutes: allowed are 0.01 to 1440", minutes=f"{minutes:g}")
        return Refused(command.command_id, "invalid", told)
    before = engine.settings.interval_s / 60
    if engine.deps.desk is not None:
        _take_over(engine, engine.deps.desk.revise({INTERVAL: minutes}))
    else:
        engine.apply(dataclasses.replace(engine.settings, interval_s=minutes * 60))
    told = sentence("every {minutes} minutes from now", minutes=f"{minutes:g}")
    return Accepted(command.command_id, told, {"old_minutes": before, "new_minutes": minutes})


async def change(engine: EngineService, command: Command, request: ChangeSettings) -> Reply:
    """Change settings, and save them where that is asked for; what cannot be saved is not changed either.

    Raises:
        ConfigError: a value is wrong, cannot change while running, or cannot be saved.
    """
    desk = engine.deps.desk
    if desk is None:
        return Refused(command.command_id, "not-supported", sentence("the settings cannot be changed here"))
    if not request.values:
        return Refused(command.command_id, "invalid", sentence("no setting is named"))
    written = await engine.deps.disk(desk.write_back, request.values) if request.write_back else None
    revision = desk.revise(request.values)
    _take_over(engine, revision)
    return Accepted(command.command_id, _told(revision, written), _facts(revision, written))


async def reload(engine: EngineService, command: Command, request: Reload) -> Reply:
    """Read the settings again.

    Raises:
        ConfigError: they are wrong; nothing was changed.
    """
    if engine.deps.load_settings is None:
        told = sentence("there is no settings file to read again")
        return Refused(command.command_id, "not-supported", told)
    engine.apply(await engine.deps.disk(engine.deps.load_settings))
    engine.alert_desk.follow_settings()
    return Accepted(command.command_id, sentence("settings read again"))


def _take_over(engine: EngineService, revision: Revision) -> None:
    if revision.settings != engine.settings:
        engine.apply(revision.settings)
        engine.alert_desk.follow_settings()


def _told(revision: Revision, written: WrittenBack | None) -> str:
    changes = ", ".join(f"{key}: {old} -> {new}" for key, (old, new) in revision.changed.items())
    changes = changes or sentence("nothing changed")
    if written is None:
        return sentence("{changes}; until the next start", changes=changes)
    facts = {"changes": changes, "file": written.file, "backup": written.backup}
    if written.overruled:
        key, source = next(iter(written.overruled.items()))
        return sentence(
            "{changes}; saved in {file}, but {source} sets {key} again at the next start",
            source=source,
            key=key,
            **facts,
        )
    if written.backup:
        return sentence("{changes}; saved in {file}, without its comments: they are kept in {backup}", **facts)
    return sentence("{changes}; saved in {file}", **facts)


def _facts(revision: Revision, written: WrittenBack | None) -> dict[str, SettingValue | None]:
    facts: dict[str, SettingValue | None] = {}
    for key, (old, new) in revision.changed.items():
        facts |= {f"old {key}": old, f"new {key}": new}
    if written is not None:
        facts |= {"file": written.file, "backup": written.backup or None}
    return facts
