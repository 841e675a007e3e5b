"""What goes wrong with a request, in the one form in which the control API tells it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from rms_console.contract.api import ErrorBody, Problem
from rms_console.contract.queries import Page
from rms_console.errors import ConfigError, ConsoleError

_CODES: Final[Mapping[int, tuple[str, str, str]]] = {
    422: ("invalid", "the body is not JSON in UTF-8", "/docs says what it is"),
    404: ("not-found", "there is no such address", "/docs lists them"),
    405: ("wrong-method", "this address is asked in another way", "/docs says how; the header Allow names it"),
}
_PAGE_PROBLEMS: Final[Mapping[str, tuple[int, str, str]]] = {
    "not-supported": (501, "the engine has no answer to this", "an engine of a newer version may"),
    "not-connected": (503, "the engine has not reached RMS and Shopify yet", "ask again in a moment"),
    "not-found": (404, "RMS has no such item", "check the spelling"),
    "busy": (409, "the engine is at work on such a question already", "ask again when that one is answered"),
}
DEFECT: Final = Problem(
    code="unexpected", message="a defect of the program; its log says where", hint="please report app.log"
)
DOCUMENTED: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": ErrorBody, "description": text}
    for status, text in {
        401: "The token is needed.",
        403: "A page of another site asks.",
        408: "The body did not come in time.",
        413: "The body is too large.",
        415: "The body is no JSON.",
        421: "The server does not go by the name in the Host header.",
        422: "A value is not allowed.",
        500: "A defect of the program.",
        503: "The engine cannot answer now.",
    }.items()
}
"""For the description of the routes."""


class Failed(Exception):
    """A route has no answer; `status` and `problem` are what is told instead."""

    def __init__(self, status: int, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.problem = Problem(code=code, message=message, hint=hint)


def failed_page(page: Page) -> Failed:
    """Return what to tell where the engine gave no rows but a problem."""
    status, message, hint = _PAGE_PROBLEMS.get(page.problem, (503, page.problem, ""))
    return Failed(status, page.problem, message, hint)


def told(status: int, problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return the answer that tells a problem."""
    return JSONResponse(ErrorBody(error=problem).model_dump(), status, dict(headers or {}))


def tell_faults(app: FastAPI) -> None:
    """Have every error of a route told in that form."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ConsoleError, _of_engine)
    app.add_exception_handler(Failed, _failed)
    app.add_exception_handler(Exception, _defect)


async def _failed(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Failed)
    return told(error.status, error.problem)


async def _defect(request: Request, error: Exception) -> JSONResponse:
    return told(500, DEFECT)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    # What could not even be read is as invalid as what could.
    status = 422 if error.status_code == 400 else error.status_code
    code, message, hint = _CODES.get(status, ("error", str(error.detail), ""))
    return told(status, Problem(code=code, message=message, hint=hint), error.headers)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return told(422, Problem(code="invalid", message="; ".join(_sentences(error.errors())), hint="/docs says what is"))


async def _of_engine(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ConsoleError)
    status = 422 if isinstance(error, ConfigError) else 503
    return told(status, Problem(code=error.code, message=error.message, hint=error.hint))


def _sentences(errors: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what is wrong, value by value; never the values themselves."""
    told_ones = []
    for one in list(errors)[:10]:
        place = ".".join(str(part)[:60] for part in one["loc"] if part not in ("body", "query", "header"))
        told_ones.append(f"{place}: {one['msg']}" if place else str(one["msg"]))
    return told_ones
