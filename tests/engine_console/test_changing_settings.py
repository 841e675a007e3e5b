"""Settings changed from the console: checked, in force at once, in the audit trail, and saved where asked for."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rms_console.adapters.logs import LogWriter
from rms_console.contract.commands import Accepted, ChangeSettings, Refused, Reload, SetInterval
from rms_console.contract.ports import LogLine
from rms_console.contract.queries import Query, Subject
from rms_console.wiring import Options, Site
from rms_console.wiring.desk import Desk
from rms_console.wiring.site import read_settings
from tests.engine.world import World

FILE = """
# ours
[shopify]
shop = "tienda"
token = "shpat_0123456789abcdef"

[rms]
url = "sqlite:///store.db"

[sync]
mode = "live"
batch_size = 7
"""


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogWriter]:
    writer = LogWriter(tmp_path / "logs")
    yield writer
    writer.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "console.toml"
    path.write_text(FILE, encoding="utf-8")
    path.chmod(0o600)
    return path


def desk_of(file: Path | None, log: LogWriter, environ: dict[str, str] | None = None) -> Desk:
    given = {"SYNC_MAX_CONCURRENT_JOBS": "4", **(environ or {})}
    options = Options(environ=given, config=file)
    return Desk(Site(options, read_settings(options), Path("state"), Path("logs")), log)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


async def opened(world: World, desk: Desk) -> None:
    await world.start()
    world.engine.deps.desk = desk
    world.engine.deps.load_settings = desk.reload


async def row(world: World, key: str) -> dict[str, Any]:
    page = await world.engine.ask(Query(Subject.CONFIG))
    assert page.facts["runtime"] == [
        "log.level",
        "sync.batch_size",
        "sync.interval_minutes",
        "sync.max_concurrent_jobs",
    ]
    return next(row for row in page.rows if row["key"] == key)


async def test_a_change_is_in_force_at_once_and_ends_with_the_process(world: World, file: Path, log: LogWriter) -> None:
    await opened(world, desk_of(file, log))
    reply = await world.send(ChangeSettings({"sync.batch_size": 20, "sync.interval_minutes": 0.5}))
    assert isinstance(reply, Accepted), reply
    assert reply.facts == {
        "old sync.batch_size": "7",
        "new sync.batch_size": "20",
        "old sync.interval_minutes": "5",
        "new sync.interval_minutes": "0.5",
    }
    assert (world.engine.settings.batch_size, world.engine.settings.interval_s) == (20, 30.0)
    told = await row(world, "sync.batch_size")
    assert (told["value"], told["source"]) == (20, "changed while running")
    assert read(file) == FILE
    (entry,) = world.real_ledger.audit(1, None)
    assert entry.detail["old sync.batch_size"] == "7"
    assert entry.detail["new sync.batch_size"] == "20"
    assert entry.detail["result"] == "accepted"
    assert isinstance(await world.send(Reload()), Accepted)
    assert world.engine.settings.batch_size == 7


async def test_the_level_of_the_log_changes_at_once(world: World, file: Path, log: LogWriter) -> None:
    await opened(world, desk_of(file, log))
    await world.send(ChangeSettings({"log.level": "ERROR"}))
    log.write(LogLine("INFO", "S", "quiet"))
    await world.send(ChangeSettings({"log.level": "DEBUG"}))
    log.write(LogLine("DEBUG", "S", "loud"))
    assert log.settle(10)
    assert [line["message"] for line in log.history.newest(9)] == ["loud"]


async def test_the_language_of_the_log_follows_a_reload(world: World, file: Path, log: LogWriter) -> None:
    await opened(world, desk_of(file, log))
    write(file, FILE + '\n[log]\nlanguage = "es"\n')
    assert isinstance(await world.send(Reload()), Accepted)
    log.write(LogLine("INFO", "ChangeDetector", "Nothing changed"))
    assert log.settle(10)
    assert log.history.newest(1)[0]["message"] == "Sin cambios"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"sync.batch_size": 0}, "too small"),
        ({"sync.mode": "observe"}, "cannot be changed while running"),
        ({"sync.batchsize": 3}, "did you mean sync.batch_size"),
        ({"sync.batch_size": 3, "shopify.token": "shpat_fedcba9876543210"}, "cannot be changed while running"),
        ({}, "no setting"),
    ],
)
async def test_what_is_wrong_is_refused_whole_and_no_value_of_it_is_kept(
    world: World, file: Path, log: LogWriter, values: dict[str, Any], told: str
) -> None:
    await opened(world, desk_of(file, log))
    before = world.engine.settings
    reply = await world.send(ChangeSettings(values, write_back=True))
    assert isinstance(reply, Refused)
    assert told in reply.message
    assert world.engine.settings == before
    assert read(file) == FILE
    assert "fedcba9876543210" not in str(world.real_ledger.audit(1, None))


async def test_a_saved_change_outlives_the_process_and_the_comments_are_kept_aside(
    world: World, file: Path, log: LogWriter
) -> None:
    await opened(world, desk_of(file, log))
    reply = await world.send(ChangeSettings({"sync.batch_size": 20}, write_back=True))
    assert isinstance(reply, Accepted), reply
    assert reply.facts["backup"] == f"{file}.bak"
    assert "comments" in reply.message
    saved = tomllib.loads(read(file))
    assert saved["sync"] == {"mode": "live", "batch_size": 20}
    assert saved["shopify"]["token"] == "shpat_0123456789abcdef"
    assert read(file.with_name("console.toml.bak")) == FILE
    assert isinstance(await world.send(Reload()), Accepted)
    assert world.engine.settings.batch_size == 20


async def test_a_stronger_source_is_named(world: World, file: Path, log: LogWriter) -> None:
    await opened(world, desk_of(file, log))
    for jobs in (2, 3):
        reply = await world.send(ChangeSettings({"sync.max_concurrent_jobs": jobs}, write_back=True))
        assert isinstance(reply, Accepted)
        assert "env SYNC_MAX_CONCURRENT_JOBS" in reply.message
        assert world.engine.settings.max_concurrent_jobs == jobs


async def test_without_a_file_nothing_is_saved_and_nothing_changed(
    world: World, log: LogWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    environ = {"SHOPIFY_SHOP_URL": "tienda", "SHOPIFY_ACCESS_TOKEN": "t" * 20, "RMS_DB_HOST": "h", "RMS_DB_NAME": "d"}
    await opened(world, desk_of(None, log, environ))
    reply = await world.send(ChangeSettings({"sync.batch_size": 20}, write_back=True))
    assert isinstance(reply, Refused)
    assert "no console.toml" in reply.message
    assert "console.toml" in reply.hint
    assert world.engine.settings.batch_size != 20


async def test_the_interval_is_a_setting_like_others(world: World, file: Path, log: LogWriter) -> None:
    await opened(world, desk_of(file, log))
    reply = await world.send(SetInterval(12))
    assert isinstance(reply, Accepted)
    assert world.engine.settings.interval_s == 720
    assert (await row(world, "sync.interval_minutes"))["value"] == 12


async def test_an_engine_without_a_desk_says_so(world: World) -> None:
    await world.start()
    assert world.engine.deps.desk is None
    reply = await world.send(ChangeSettings({"sync.batch_size": 3}))
    assert isinstance(reply, Refused)
    assert reply.code == "not-supported"
    settings = world.engine.settings
    await world.send(SetInterval(12))
    assert world.engine.settings == dataclasses.replace(settings, interval_s=720.0)
