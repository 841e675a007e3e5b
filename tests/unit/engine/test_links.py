"""How a dependency is told to be down: in words that every face can say in its own language."""

from __future__ import annotations

import pytest

from rms_console.adapters.clock import SystemClock
from rms_console.contract.state import Health
from rms_console.engine.links import Links
from rms_console.errors import SourceUnavailable
from rms_console.locale import sentence, told


def test_what_is_down_can_be_told_in_spanish() -> None:
    links = Links(SystemClock(), lambda view: None)
    error = SourceUnavailable(
        sentence("the RMS file {path} does not exist", path="a.db"), hint=sentence("check the spelling")
    )
    with pytest.raises(SourceUnavailable), links.timed("rms"):
        raise error
    view = links.view("rms")
    assert view.health is Health.DOWN
    assert told("es", view.detail) == "el archivo de RMS a.db no existe"
