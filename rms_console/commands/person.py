"""Who sits at the keyboard, for the audit trail."""

from __future__ import annotations

import getpass
import platform
import uuid

from rms_console.contract.commands import Actor, Command, Request


def by_person(request: Request) -> Command:
    """Return a request of the operating system's user, given at the command line."""
    return Command(uuid.uuid4().hex, operator(), request)


def operator() -> Actor:
    """Return the operating system's user at this machine."""
    return Actor(_user(), platform.node(), "cli")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # An account without a name (a container's): which exception says so depends on Python's version.
        return "unknown"
