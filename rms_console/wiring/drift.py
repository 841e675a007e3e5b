"""The pads of the drift report: the engine's beside its ledger, a command's beside it."""

from __future__ import annotations

import os

from rms_console.adapters.store.drift import COMMAND_FILE, ENGINE_FILE, open_drift_pad
from rms_console.contract.drift import DriftPad
from rms_console.wiring.site import Site


def engine_pad(site: Site, lasting: bool) -> DriftPad:
    """Open the engine's pad; one that is not lasting is gone when closed.

    Raises:
        StoreError.
    """
    return open_drift_pad(site.state / ENGINE_FILE if lasting else None)


def command_pad(site: Site, lasting: bool) -> DriftPad:
    """Open a command's pad, kept where this account may write into the state folder. Raises as `engine_pad`."""
    may_keep = lasting and site.embedded is None and os.access(site.state, os.W_OK)
    return open_drift_pad(site.state / COMMAND_FILE if may_keep else None)
