"""The one place where a driver's exception becomes an error of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from rms_console.errors import SourceError, SourceUnavailable
from rms_console.locale import sentence

LOCKED = "rms-locked"
"""The code of an error that says: another program holds rows, or the file, locked for longer than we wait."""

BAD_ROW = "rms-bad-row"
"""The code of an error that says: what one row holds makes the view fail, and with it every row asked for together."""

Explain = Callable[[BaseException, str], SourceError]
"""Turns a driver's own exception, and what was being done, into the most specific error."""


@contextmanager
def translated(what: str, explain: Explain, driver_errors: tuple[type[Exception], ...]) -> Iterator[None]:
    """Let no exception of SQLAlchemy or of the driver out of the block.

    Raises:
        SourceUnavailable, SourceSchemaChanged, SourceDenied: in place of the foreign exception, which is the cause.
    """
    try:
        yield
    except PoolTimeout as exc:
        raise SourceUnavailable(
            sentence("{what}: all connections to RMS are in use", what=sentence(what)),
            code="rms-pool-exhausted",
            hint=sentence("raise rms.pool_size, or look for a query that does not end"),
        ) from exc
    except driver_errors as exc:
        raise explain(exc, what) from exc
    except SQLAlchemyError as exc:
        raise explain(_driver_exception(exc), what) from exc


def _driver_exception(exc: BaseException) -> BaseException:
    """Return what the driver itself raised, out of SQLAlchemy's wrapping."""
    if isinstance(exc, DBAPIError) and exc.orig is not None:
        return exc.orig
    return exc
