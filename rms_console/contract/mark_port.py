"""The port to what is known of the ledger outside of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Mark(Protocol):
    """A few values kept beside the ledger: how far it was. Blocking, quick; never raises."""

    def read(self) -> Mapping[str, Any] | None:
        """Return what was kept last; None when nothing readable is there."""
        ...

    def write(self, values: Mapping[str, Any]) -> None: ...
