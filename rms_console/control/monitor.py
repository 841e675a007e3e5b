"""The requirements' routes that read: state, figures, history, settings, logs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import BeforeValidator

from rms_console.contract import api
from rms_console.contract import queries as ask
from rms_console.contract.engine_port import EnginePort
from rms_console.contract.lock_api import LockBody
from rms_console.contract.queries import Page, Subject
from rms_console.control import bodies
from rms_console.control.access import MONITOR
from rms_console.control.face import TheFace, TheLanguage
from rms_console.control.faults import DOCUMENTED, failed_page

router = APIRouter(responses=DOCUMENTED)

Limit = Annotated[int, Query(ge=1, le=1000)]
Level = Annotated[api.LogLevel, BeforeValidator(lambda text: text.lower() if isinstance(text, str) else text)]
LEVELS: Final[Mapping[str, int]] = {
    "debug": 10,
    "info": 20,
    "warn": 30,
    "warning": 30,
    "error": 40,
    "fatal": 50,
    "critical": 50,
}
LINES_A_PAGE: Final = 2000


@router.get(f"{MONITOR}/status")
async def status(face: TheFace, language: TheLanguage) -> api.StatusBody:
    """What the engine is at."""
    return bodies.status(await face.port.snapshot(), language)


@router.get(f"{MONITOR}/stats")
async def stats(face: TheFace) -> api.StatsBody:
    """The figures of today."""
    return bodies.stats(await face.port.snapshot())


@router.get(f"{MONITOR}/performance-metrics")
async def performance(face: TheFace, days: Annotated[int, Query(ge=1, le=30)] = 7) -> api.PerformanceBody:
    """How fast and how economically it works; percentiles over the last days."""
    page = await _page(face.port, ask.Query(Subject.PERFORMANCE, 1, filters={"days": str(days)}))
    body = bodies.performance(await face.port.snapshot())
    return body.model_copy(update={"days": days, "percentiles": bodies.timings(page.facts.get("timings"))})


@router.get(f"{MONITOR}/recent-activity")
async def recent_activity(face: TheFace, limit: Limit = 20) -> api.ActivityBody:
    """Finished runs, newest first."""
    rows: list[dict[str, Any]] = []
    before: int | None = None
    while len(rows) < limit:
        page = await _page(face.port, ask.Query(Subject.ACTIVITY, limit - len(rows), before))
        rows += page.rows
        before = page.next_before
        if not page.rows or before is None:
            break
    return api.ActivityBody(activities=[bodies.activity(row) for row in rows], total=len(rows), limit=limit)


@router.get(f"{MONITOR}/config")
async def config(face: TheFace) -> api.ConfigBody:
    """Every setting, and where it came from; secrets are hidden."""
    page = await _page(face.port, ask.Query(Subject.CONFIG, 1000))
    return bodies.config(page.rows, (await face.port.snapshot()).warnings)


@router.get(f"{MONITOR}/health")
async def health(face: TheFace, language: TheLanguage) -> api.HealthBody:
    """Whether it can work, and what is in its way."""
    return bodies.health(await face.port.snapshot(), language)


@router.get(f"{MONITOR}/logs")
async def logs(face: TheFace, limit: Limit = 100, level: Level = "info") -> api.LogsBody:
    """The latest log lines of a level or above, newest first."""
    rows: list[Mapping[str, Any]] = []
    async for row in _lines(face.port):
        if LEVELS.get(str(row["level"]).lower(), 20) >= LEVELS[level]:
            rows.append(row)
            if len(rows) == limit:
                break
    return api.LogsBody(logs=[bodies.log_entry(row) for row in rows], total=len(rows), limit=limit, level=level)


@router.get(f"{MONITOR}/lock-info")
async def lock_info(face: TheFace) -> LockBody:
    """Who has the right to write to the shop."""
    return bodies.lock(await face.port.snapshot())


@router.get(f"{MONITOR}/diagnostics", responses={501: {"model": api.ErrorBody}})
async def diagnostics(face: TheFace, language: TheLanguage) -> api.DiagnosticsBody:
    """What a look at everything finds, and what to do about it."""
    page = await _page(face.port, ask.Query(Subject.DIAGNOSTICS, 500, filters={"language": language}))
    snapshot = await face.port.snapshot()
    findings = [api.Finding.model_validate(dict(row)) for row in page.rows]
    return api.DiagnosticsBody(status=snapshot.state.value, findings=findings)


@router.get("/api/v1/metrics/system")
async def system(face: TheFace) -> api.SystemBody:
    """Memory and processor time of the process."""
    return bodies.system(await face.port.snapshot())


@router.get("/api/v1/metrics/error-summary")
async def error_summary(face: TheFace) -> api.ErrorSummaryBody:
    """Errors since the start, the most frequent first."""
    return api.ErrorSummaryBody(**bodies.errors(await face.port.snapshot()))


@router.get("/api/v1/admin/system-info")
async def system_info(face: TheFace) -> api.SystemInfoBody:
    """Versions, shop, source."""
    return bodies.system_info(await face.port.snapshot())


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request, face: TheFace) -> Response:
    """Every figure, for Prometheus."""
    # Loaded by the first who asks: most shops have no Prometheus.
    from rms_console.control.metrics import CONTENT_TYPE, exposition

    return Response(exposition(await face.port.snapshot()), headers={"Content-Type": CONTENT_TYPE})


async def _page(port: EnginePort, query: ask.Query) -> Page:
    page = await port.ask(query)
    if page.problem:
        raise failed_page(page)
    return page


async def _lines(port: EnginePort) -> AsyncIterator[Mapping[str, Any]]:
    """Yield the log lines that are still in memory, newest first."""
    page = await _page(port, ask.Query(Subject.LOGS, LINES_A_PAGE))
    rows = page.rows
    while rows:
        for row in reversed(rows):
            yield row
        first, oldest = int(rows[0]["number"]), int(page.facts.get("oldest", 0))
        after = max(0, oldest - 1, first - 1 - LINES_A_PAGE)
        if after >= first - 1:
            return
        page = await _page(port, ask.Query(Subject.LOGS, first - 1 - after, filters={"after": str(after)}))
        # What was dropped meanwhile makes room for lines that were told already.
        rows = tuple(row for row in page.rows if int(row["number"]) < first)
