"""What the command line said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rms_console.contract.handbook import Handbook


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line said."""

    environ: Mapping[str, str]
    config: Path | None = None
    env_file: Path | None = None
    profile: str | None = None
    state_dir: Path | None = None
    log_dir: Path | None = None
    language: str | None = None
    demo: bool = False
    as_json: bool = False
    attach: str = ""
    """Address of an engine that runs elsewhere."""
    token_file: Path | None = None
    handbook: Handbook | None = None
    """What the console shows as its handbook."""
