"""The page /docs: every route with what it takes, from the OpenAPI document. No script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 15px/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
code {{ font: 14px monospace; }} dt {{ margin-top: 1.2rem; }} dd {{ margin: 0 0 0 2rem; }}
.verb {{ display: inline-block; width: 4rem; font-weight: bold; }} .small {{ color: #666; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #111; color: #ddd; }} a {{ color: #8cf; }} }}
</style></head><body><h1>{title} {version}</h1><p>{about}</p>
<p>For programs: <a href="/openapi.json">/openapi.json</a>.</p><dl>
{routes}
</dl></body></html>
"""


def handbook(document: Mapping[str, Any]) -> str:
    """Return the page for an OpenAPI document."""
    info = document["info"]
    routes = "\n".join(
        line
        for path, methods in document["paths"].items()
        for verb, route in methods.items()
        for line in _route(document, path, verb, route)
    )
    about = escape(info.get("description", ""))
    return _PAGE.format(title=escape(info["title"]), version=escape(info["version"]), about=about, routes=routes)


def _route(document: Mapping[str, Any], path: str, verb: str, route: Mapping[str, Any]) -> Iterator[str]:
    yield f'<dt><span class="verb">{escape(verb.upper())}</span><code>{escape(path)}</code></dt>'
    yield f"<dd>{escape(route.get('description', ''))}</dd>"
    for parameter in route.get("parameters", ()):
        yield f'<dd class="small">{escape(parameter["in"])} {_field(parameter["name"], parameter["schema"])}</dd>'
    content = route.get("requestBody", {}).get("content", {})
    for name, schema in _fields(document, content.get("application/json", {}).get("schema", {})):
        yield f'<dd class="small">body {_field(name, schema)}</dd>'


def _fields(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for part in (schema, *schema.get("anyOf", ())):
        name = str(part.get("$ref", "")).rpartition("/")[2]
        if name:
            yield from document["components"]["schemas"][name].get("properties", {}).items()


def _field(name: str, schema: Mapping[str, Any]) -> str:
    kinds = [str(part.get("type", "")) for part in (schema, *schema.get("anyOf", ())) if part.get("type")]
    limits = [
        f"{word} {_value(part[key])}"
        for part in (schema, *schema.get("anyOf", ()))
        for key, word in (("minimum", "from"), ("maximum", "to"), ("enum", "one of"), ("default", "default"))
        if part.get(key) is not None
    ]
    return f"<code>{escape(name)}</code> {escape(' or '.join(kinds))} {escape(', '.join(limits))}"


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
