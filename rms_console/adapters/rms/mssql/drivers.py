"""Which ODBC driver reaches SQL Server: pyodbc, what the system has registered, and what a Python package brings.

pyodbc is loaded here and nowhere else, and only when SQL Server is asked for: on Linux it needs a library of the system
(unixODBC) that a machine without SQL Server does not have.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rms_console.errors import ConfigError

AUTO = "auto"
_BUNDLE = "mssql_python_odbc"
_BUNDLED_NAMES = ("libmsodbcsql-18.*.so*", "msodbcsql18.dll")
_FREETDS = re.compile(r"freetds|libtdsodbc", re.IGNORECASE)
_MICROSOFT = re.compile(r"odbc driver (\d+)(?:\.\d+)? for sql server|msodbcsql-?(\d\d)", re.IGNORECASE)
_OLD_MICROSOFT = re.compile(r"sql server native client|sql native client|sql server$|sqlncli|sqlsrv32", re.IGNORECASE)

LIBRARY_HINT = (
    "install the ODBC driver manager: unixodbc on Debian, Ubuntu and Alpine, unixODBC on Fedora, RHEL and openSUSE"
)
DRIVER_HINT = (
    'install a driver: Microsoft\'s "ODBC Driver 18 for SQL Server" (or pip install "rms-console[mssql]", which brings '
    "it for Linux), or for SQL Server 2008 R2 tdsodbc (FreeTDS) on Linux and ODBC Driver 11 or 13 on Windows"
)


@dataclass(frozen=True, slots=True)
class Driver:
    """One ODBC driver, as a connection string names it. `version` is 0 where the name does not tell it."""

    name: str
    is_freetds: bool = False
    is_microsoft: bool = False
    version: int = 0

    @property
    def encrypts_by_default(self) -> bool:
        """Whether it asks for a verified, encrypted connection when nobody says anything.

        Source: learn.microsoft.com, ODBC Driver 18.0 release notes (Encrypt defaults to yes), read 2026-11; FreeTDS
        1.3 was seen to ask for an encrypted login only.
        """
        return self.is_microsoft and self.version >= 18

    @property
    def shown(self) -> str:
        return Path(self.name).name if "/" in self.name or "\\" in self.name else self.name


def load_pyodbc() -> Any:
    """Return the module, with the driver manager's own pool off: SQLAlchemy's is the one that counts connections.

    Raises:
        ConfigError: it is not installed, or lacks the library of the system it needs; the hint names the package.
    """
    try:
        import pyodbc
    except ModuleNotFoundError as exc:
        raise ConfigError(
            "SQL Server is asked for, and the Python package pyodbc is not installed",
            code="rms-pyodbc",
            hint="pip install pyodbc",
        ) from exc
    except ImportError as exc:
        raise ConfigError(
            f"SQL Server is asked for, and pyodbc cannot be loaded: {exc}", code="rms-libodbc", hint=LIBRARY_HINT
        ) from exc
    pyodbc.pooling = False
    return pyodbc


def choose_driver(asked: str, installed: Sequence[str], bundled: str | None) -> Driver:
    """Return the driver to use: the one asked for (a name, or the path of a library), or the newest there is.

    Raises:
        ConfigError: there is none, or not the one asked for.
    """
    if asked.lower() == AUTO:
        best = max(_candidates(installed, bundled), key=_rank, default=None)
        if best is None:
            raise ConfigError(
                f"no ODBC driver for SQL Server is installed{_others(installed)}", code="rms-driver", hint=DRIVER_HINT
            )
        return best
    found = next((name for name in installed if name.lower() == asked.lower()), None)
    if found is None and not _is_path(asked):
        offer = f"; there is: {', '.join(installed)}" if installed else ""
        raise ConfigError(
            f"rms.driver = {asked!r} is not installed{offer}", code="rms-driver", hint='or set rms.driver = "auto"'
        )
    return describe(found or asked)


def describe(name: str) -> Driver:
    """Return what a driver's name, or the name of its library, tells of it."""
    if _FREETDS.search(name):
        return Driver(name, is_freetds=True)
    if found := _MICROSOFT.search(name):
        return Driver(name, is_microsoft=True, version=int(found[1] or found[2]))
    return Driver(name, is_microsoft=bool(_OLD_MICROSOFT.search(name)))


def bundled_driver() -> str | None:
    """Return the path of the driver inside the package `mssql-python-odbc`, or None where it is not installed."""
    spec = find_spec(_BUNDLE)
    if spec is None:
        return None
    folders = [Path(place) for place in spec.submodule_search_locations or ()]
    files = [str(path) for folder in folders for name in _BUNDLED_NAMES for path in folder.rglob(name)]
    return choose_bundled(files, platform.machine(), _system_names())


def choose_bundled(files: Iterable[str], machine: str, system: Sequence[str]) -> str | None:
    """Return the library made for this machine, and where several distributions have their own, for this one."""
    arm = machine.lower() in ("aarch64", "arm64")
    fitting = [file for file in files if any(part in ("arm64", "aarch64") for part in _parts(file)) is arm]
    own = [file for file in fitting if any(name in part for part in _parts(file) for name in system)]
    return min(own or fitting, default=None)


def _candidates(installed: Sequence[str], bundled: str | None) -> list[Driver]:
    """Return what may serve. Windows's old "SQL Server" driver may not: it reads neither datetime2 nor Unicode well."""
    found = [describe(name) for name in (*installed, *([bundled] if bundled else []))]
    return [driver for driver in found if driver.is_freetds or driver.version >= 11]


def _rank(driver: Driver) -> tuple[int, bool]:
    return driver.version, not _is_path(driver.name)


def _others(installed: Sequence[str]) -> str:
    return f" (there is only: {', '.join(installed)})" if installed else ""


def _is_path(name: str) -> bool:
    return "/" in name or "\\" in name


def _parts(file: str) -> tuple[str, ...]:
    return tuple(re.split(r"[/\\]", file.lower()))


def _system_names() -> tuple[str, ...]:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return ()
    return tuple(f"{release.get('ID', '')} {release.get('ID_LIKE', '')}".lower().split())
