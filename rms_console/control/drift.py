"""The routes of the drift report: what the latest comparison found, a new one, and the mending."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from rms_console.contract import api
from rms_console.contract import queries as ask
from rms_console.contract.drift_api import DifferenceRow, DriftBody, HealRequest, VerifyRequest
from rms_console.contract.queries import Subject
from rms_console.control.access import MONITOR
from rms_console.control.actions import REFUSED, act
from rms_console.control.face import TheActor, TheFace, TheLanguage
from rms_console.control.faults import DOCUMENTED, failed_page

router = APIRouter(responses={**DOCUMENTED, **REFUSED})

Run = Annotated[str, Query(max_length=100, description="The command_id that began the comparison.")]
Word = Annotated[str, Query(max_length=40)]


@router.get(f"{MONITOR}/drift", responses={404: {"model": api.ErrorBody}, 501: {"model": api.ErrorBody}})
async def drift(
    face: TheFace,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
    kind: Word = "",
    cause: Word = "",
    run: Run = "",
) -> DriftBody:
    """What differs between store and shop, news first: by the latest whole comparison, or by the one named."""
    filters = {name: value for name, value in (("kind", kind), ("cause", cause)) if value}
    page = await face.port.ask(ask.Query(Subject.DRIFT, limit, key=run or None, filters=filters))
    if page.problem:
        raise failed_page(page)
    rows = [DifferenceRow.model_validate(row) for row in page.rows]
    return DriftBody.model_validate({**page.facts, "differences": rows, "total": page.total or 0})


@router.post(f"{MONITOR}/drift")
async def verify(
    face: TheFace, actor: TheActor, language: TheLanguage, answer: Response, body: VerifyRequest | None = None
) -> api.ActionBody:
    """Compare store, ledger and shop now; with `fix` what differs is mended, through the guard."""
    return await act(face, actor, (body or VerifyRequest()).to_request(), language, answer)


@router.post(f"{MONITOR}/drift/heal")
async def heal(
    face: TheFace, actor: TheActor, language: TheLanguage, answer: Response, body: HealRequest | None = None
) -> api.ActionBody:
    """Mend differences of the latest report, through the guard."""
    return await act(face, actor, (body or HealRequest()).to_request(), language, answer)
