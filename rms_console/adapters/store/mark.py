"""A small file beside the ledger that says how far it was: so that an older copy of the ledger is known for one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rms_console.adapters.store.encoding import check_sum

MARK_NAME = "ledger.mark"


class FileMark:
    """`contract.mark_port.Mark` in a folder. Replaced whole; one that cannot be read counts as none."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / MARK_NAME

    def read(self) -> Mapping[str, Any] | None:
        try:
            plain = json.loads(self._path.read_text(encoding="utf-8"))
            kept = plain["mark"]
            return kept if isinstance(kept, dict) and plain["seal"] == check_sum(kept) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, values: Mapping[str, Any]) -> None:
        """Keep `values` in the place of what was kept. It is a help, not a duty: a disk that refuses is passed over."""
        draft = self._path.with_suffix(".mark.tmp")
        try:
            draft.write_text(json.dumps({"mark": values, "seal": check_sum(values)}), encoding="utf-8")
            draft.replace(self._path)
        except OSError:
            return
