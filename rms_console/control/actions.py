"""The requirements' routes that act, and the one that looks at both ends now. Each stands in the audit trail."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from rms_console.contract import api, commands
from rms_console.contract.commands import Actor, Refused, Resume
from rms_console.contract.state import Health
from rms_console.control import bodies
from rms_console.control.access import MONITOR
from rms_console.control.face import Face, TheActor, TheFace, TheLanguage, command
from rms_console.control.faults import DOCUMENTED, Failed
from rms_console.locale import told

REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    409: {"model": api.ActionBody, "description": "Refused; nothing was changed."}
}
router = APIRouter(responses={**DOCUMENTED, **REFUSED})


@router.post(f"{MONITOR}/trigger")
async def trigger(
    face: TheFace, actor: TheActor, language: TheLanguage, answer: Response, body: api.TriggerRequest | None = None
) -> api.ActionBody:
    """Run one cycle now."""
    return await act(face, actor, (body or api.TriggerRequest()).to_request(), language, answer)


@router.post("/api/v1/sync/items")
async def sync_items(
    face: TheFace, actor: TheActor, language: TheLanguage, answer: Response, body: api.SyncItemsRequest
) -> api.ActionBody:
    """Sync these styles or SKUs now."""
    if not body.ccods and not body.skus:
        raise Failed(422, "invalid", "no item is named", "name at least one in ccods or skus")
    return await act(face, actor, body.to_request(), language, answer)


@router.put(f"{MONITOR}/interval")
async def interval(
    face: TheFace, actor: TheActor, language: TheLanguage, answer: Response, body: api.IntervalRequest
) -> api.ActionBody:
    """Look for changes in another rhythm, until the next start."""
    return await act(face, actor, body.to_request(), language, answer)


@router.post(f"{MONITOR}/pause")
async def pause(
    face: TheFace, actor: TheActor, language: TheLanguage, answer: Response, body: api.PauseRequest | None = None
) -> api.ActionBody:
    """Send nothing until resumed; changes are still read and queued."""
    return await act(face, actor, (body or api.PauseRequest()).to_request(), language, answer)


@router.post(f"{MONITOR}/resume")
async def resume(face: TheFace, actor: TheActor, language: TheLanguage, answer: Response) -> api.ActionBody:
    """End the pause; the next run starts now."""
    return await act(face, actor, Resume(), language, answer)


@router.post(f"{MONITOR}/force-full-sync")
async def force_full_sync(
    face: TheFace, actor: TheActor, language: TheLanguage, answer: Response, body: api.FullSyncRequest | None = None
) -> api.ActionBody:
    """Compare everything now, whatever the watermark."""
    return await act(face, actor, (body or api.FullSyncRequest()).to_request(), language, answer)


@router.post(f"{MONITOR}/test-connectivity")
async def connectivity(
    request: Request,
    face: TheFace,
    actor: TheActor,
    language: TheLanguage,
    body: api.ConnectivityRequest | None = None,
) -> api.ConnectivityBody:
    """Ask RMS, Shopify and Redis now; Redis only where it is set up."""
    asked = body or api.ConnectivityRequest()
    reply = await face.port.send(command(actor, asked.to_request()))
    if isinstance(reply, Refused):
        raise Failed(409, reply.code, told(language, reply.message), told(language, reply.hint))
    wanted = {"rms": asked.test_rms, "shopify": asked.test_shopify, "redis": asked.test_redis}
    links = [link for link in (await face.port.snapshot()).connections if wanted.get(link.name, False)]
    return api.ConnectivityBody(
        success=all(link.health is not Health.DOWN for link in links),
        results=[bodies.dependency(link, language) for link in links],
    )


async def act(face: Face, actor: Actor, asked: commands.Request, language: str, answer: Response) -> api.ActionBody:
    """Send a command; a refusal is answered as one, with 409, or 422 where a value is not allowed."""
    reply = await face.port.send(command(actor, asked))
    message = told(language, reply.message)
    if not isinstance(reply, Refused):
        return api.ActionBody(success=True, command_id=reply.command_id, message=message)
    hint = told(language, reply.hint)
    if reply.code == "invalid":
        raise Failed(422, reply.code, message, hint)
    answer.status_code = 409
    return api.ActionBody(success=False, command_id=reply.command_id, message=message, code=reply.code, hint=hint)
