"""The control API as an application: routes, their description, the form of errors, the gate before it all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse

from rms_console import __version__
from rms_console.control import actions, drift, monitor, stream, wire_routes
from rms_console.control.access import Policy
from rms_console.control.face import Face
from rms_console.control.faults import tell_faults
from rms_console.control.gate import App, Gate
from rms_console.control.handbook import handbook

ABOUT: Final = (
    "Reads, test-connectivity and a trigger without a body need no token from a program of the engine's own machine; "
    "everything else needs the header `Authorization: Bearer TOKEN` and a body of `application/json`. "
    "The token is the file `api-token` in the engine's state folder."
)
_WRITES: Final = ("post", "put", "delete", "patch")
_FREE: Final = ("/trigger", "/test-connectivity")
_STYLE: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def build_app(face: Face, policy: Policy, fell: Callable[[Exception], None] = lambda error: None) -> App:
    """Return the application. It is asked on the loop of the engine that `face` shows."""
    return Gate(build_routes(face), policy, fell)


def build_routes(face: Face) -> FastAPI:
    """Return the routes without the gate before them."""
    # The usual page for /docs loads a program from another site: this one needs no network.
    app = FastAPI(title="rms_console", version=__version__, description=ABOUT, docs_url=None, redoc_url=None)
    app.state.face = face
    app.router.redirect_slashes = False
    for part in (monitor, actions, drift, stream, wire_routes):
        app.include_router(part.router)
    tell_faults(app)
    app.openapi = lambda: _description(app)  # type: ignore[method-assign]

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(handbook(app.openapi()), headers={"Content-Security-Policy": _STYLE})

    return app


def _description(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, with what needs the token."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=ABOUT, routes=app.routes)
        document.setdefault("components", {})["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        for path, methods in document["paths"].items():
            for method, route in methods.items():
                if method in _WRITES:
                    route["security"] = [{"token": []}, {}] if path.endswith(_FREE) else [{"token": []}]
        app.openapi_schema = document
    return app.openapi_schema
