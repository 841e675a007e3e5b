"""Everything the description allows, and much that it does not: no route may fall over or answer what it never said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from rms_console.contract import wire
from rms_console.contract.queries import Subject
from tests.api.served import MONITOR, Served
from tests.api.test_routes import CYCLE, log_row

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]


@pytest.fixture(scope="module")
def description(api: Served) -> Any:
    engine = api.engine
    engine.now = replace(engine.now, last_cycle=CYCLE)
    engine.pages = {
        Subject.ACTIVITY: [wire.to_json(CYCLE)],
        Subject.LOGS: [log_row(1)],
        Subject.CONFIG: [{"key": "sync.batch_size", "value": 10, "source": "default"}],
        Subject.DIAGNOSTICS: [{"code": "x", "level": "warn", "message": "m", "what_to_do": "w"}],
    }
    return schemathesis.openapi.from_url(f"{api.url}/openapi.json")


# A stream has no end that a test could wait for.
schema = schemathesis.pytest.from_fixture("description").exclude(path=f"{MONITOR}/events")


@schema.parametrize()
@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_route_answers_as_it_is_described(case: Any, api: Served) -> None:
    if case.query.get("wait_s"):
        case.query["wait_s"] = 0
    headers = {"Authorization": f"Bearer {api.token}"}
    answer = case.call(headers=headers)
    case.validate_response(answer, checks=CHECKS, headers=headers)
