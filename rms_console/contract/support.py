"""The support bundle: what goes to whoever helps, shown before it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rms_console.contract.engine_port import EnginePort


@dataclass(frozen=True, slots=True)
class Bundle:
    """What would be written: each file by its name in the archive, secrets hidden; and what is not in it, with why.

    The texts of `left_out` are `Sentence`s.
    """

    files: Mapping[str, bytes]
    left_out: tuple[tuple[str, str], ...]


class SupportDesk(Protocol):
    """Makes support bundles for the console."""

    async def gather(self, port: EnginePort) -> Bundle:
        """Return what would be written now. What the engine does not answer is left out, and said."""
        ...

    def write(self, bundle: Bundle) -> Path:
        """Write it to a new file that its owner alone may read; return where. Blocking.

        Raises:
            StoreFull: it cannot be written.
        """
        ...
