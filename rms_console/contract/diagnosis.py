"""Diagnostics: what a rule found, in which chapter of the troubleshooting it stands, and what the host lends for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from rms_console.contract.check import FolderFacts
from rms_console.contract.endpoint import Endpoint
from rms_console.domain.findings import Level


class Group(StrEnum):
    """The chapters, in the order of the requirements' troubleshooting."""

    START = "start"
    STOPS = "stops"
    SLOW = "slow"
    ERRORS = "errors"
    PRACTICE = "practice"
    DATA = "data"


WORST_FIRST: Final = (Level.FAIL, Level.WARN, Level.OK)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the host of an engine knows and the engine itself does not.

    `folders` by what they hold (state, log). `endpoint`: where its API answers; None where none was announced.
    `token_dies_at`: when the shop's access token ends; None where it does not end, or nobody knows.
    """

    folders: Mapping[str, FolderFacts] = field(default_factory=dict)
    endpoint: Endpoint | None = None
    token_dies_at: datetime | None = None
