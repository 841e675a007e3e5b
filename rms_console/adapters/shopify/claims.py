"""The claim on a shop: an app-owned metafield of the shop, changed only by whoever names what stands there."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from rms_console.adapters.shopify import documents, outputs
from rms_console.adapters.shopify.calls import mutate, reading
from rms_console.adapters.shopify.client import ShopifyClient
from rms_console.contract.claim import Claim, Standing
from rms_console.contract.ports import PRIORITY_INTERACTIVE
from rms_console.domain import cost
from rms_console.errors import LeaseHeld, ShopRejected
from rms_console.locale import sentence

NAMESPACE: Final = "$app:rms_console"
KEY: Final = "writer"
UNKNOWN: Final = "?"
_CHANGED: Final = ("STALE_OBJECT", "INVALID_COMPARE_DIGEST")
"""What Shopify says when something else stands there than the digest tells. Source: MetafieldsSetUserErrorCode."""


class ShopClaims:
    """`contract.claim.ClaimKeeper`."""

    def __init__(self, client: ShopifyClient) -> None:
        self._client = client
        self._shop_id = ""

    async def read_claim(self) -> Standing:
        answer = await self._client.run(
            documents.CLAIM_READ,
            {"namespace": NAMESPACE, "key": KEY},
            points=cost.read_claim(),
            priority=PRIORITY_INTERACTIVE,
        )
        with reading(documents.CLAIM_READ):
            shop_id, value, digest = outputs.claim(answer.payload)
        self._shop_id = shop_id
        return Standing(None if value is None else _claim_of(value), digest)

    async def write_claim(self, claim: Claim, digest: str | None) -> Standing:
        if not self._shop_id:
            await self.read_claim()
        row = {
            "ownerId": self._shop_id,
            "namespace": NAMESPACE,
            "key": KEY,
            "type": "json",
            "value": json.dumps(_plain(claim), sort_keys=True),
            "compareDigest": digest,
        }
        try:
            answer = await mutate(
                self._client,
                documents.CLAIM_WRITE,
                {"metafields": [row]},
                points=cost.MUTATION,
                priority=PRIORITY_INTERACTIVE,
            )
        except ShopRejected as refused:
            if any(code in _CHANGED for _path, code, _message in refused.problems):
                raise LeaseHeld(sentence("another engine claimed the shop at the same time")) from refused
            raise
        with reading(documents.CLAIM_WRITE):
            return Standing(claim, outputs.claim_digest(answer.payload))


def _plain(claim: Claim) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "owner": claim.owner,
        "host": claim.host,
        "pid": claim.pid,
        "epoch": claim.epoch,
        "since": claim.since_at.isoformat(),
        "paused": claim.paused,
    }
    if claim.lease:
        plain["lease"] = claim.lease
    if claim.paused_until is not None:
        plain["paused_until"] = claim.paused_until.isoformat()
    return plain


def _claim_of(value: str) -> Claim:
    """Return the claim in the metafield; whatever else stands there is a claim of nobody we know."""
    try:
        plain = json.loads(value)
        return Claim(
            owner=str(plain["owner"]),
            host=str(plain["host"]),
            pid=int(plain["pid"]),
            epoch=int(plain["epoch"]),
            since_at=datetime.fromisoformat(plain["since"]),
            paused=bool(plain.get("paused", False)),
            lease=str(plain.get("lease", "")),
            paused_until=datetime.fromisoformat(until) if (until := plain.get("paused_until")) else None,
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return Claim(UNKNOWN, UNKNOWN, 0, 0, datetime.fromisoformat("1970-01-01T00:00:00+00:00"))
