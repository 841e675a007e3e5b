"""The right to be the one engine of a shop on this machine."""

from __future__ import annotations

from rms_console.adapters.lease.filelease import FileLease

__all__ = ["FileLease"]
