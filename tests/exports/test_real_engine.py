"""The exported files and a real engine: what they ask for is what it answers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from rms_console.exports import alerts, dashboard
from tests.exports.conftest import Desk

NEVER_THERE_AT_FIRST = {
    "rms_console_oldest_unsent_seconds",
    "rms_console_api_usage_ratio",
    "rms_console_batch_utilization_ratio",
    "rms_console_db_reuse_ratio",
    "rms_console_cache_hit_ratio",
    "rms_console_loop_lag_p99_seconds",
    "rms_console_cycle_seconds",
    "rms_console_success_ratio",
    "rms_console_items_per_hour",
    "rms_console_load_ratio",
    "rms_console_errors_total",
    "rms_console_last_check_timestamp_seconds",
    "rms_console_next_check_timestamp_seconds",
    "rms_console_connection_latency_seconds",
    "rms_console_cpu_percent",
    "rms_console_watermark_lag_seconds",
    "rms_console_bucket_available_points",
    "rms_console_bucket_maximum_points",
    "rms_console_bucket_restore_points_per_second",
    "rms_console_duration_seconds",
    "rms_console_last_proven_timestamp_seconds",
    "rms_console_drift_values",
    "rms_console_drift_compared_timestamp_seconds",
}
"""What has no data before the first runs."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    command = [sys.executable, "-m", "rms_console", "--lang", "en", "--demo", "--no-ui"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        assert running.stdout is not None
        told: list[str] = []
        for line in running.stdout:
            told.append(line)
            if "Ready" in line.split("]")[-1] and any("http://" in one for one in told):
                break
        found = re.search(r"http://127\.0\.0\.1:\d+", "".join(told))
        try:
            assert found is not None, "".join(told)
            yield found[0]
        finally:
            running.terminate()
            running.communicate(timeout=60)


@pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("curl") is None, reason="wants a POSIX system with bash and curl"
)
@pytest.mark.parametrize(("kind", "arguments"), [("health-check", ()), ("monitor", ("--count", "1"))])
def test_the_scripts_find_a_real_engine_healthy(desk: Desk, url: str, kind: str, arguments: tuple[str, ...]) -> None:
    body = desk.export(kind, "--json", before=("--attach", url)).body
    script = desk.to / body["files"][0]["path"]
    ran = subprocess.run(
        [str(script), *arguments],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
    assert ("HTTP" in ran.stdout, "no answer" in ran.stdout) == (False, False)


def test_a_real_engine_tells_what_dashboard_and_alerts_ask_for(url: str) -> None:
    with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:
        told = set(re.findall(r"^# TYPE (\w+)", answer.read().decode("utf-8"), re.MULTILINE))
    texts = [dashboard.dashboard_json("en"), Path(alerts.TABLE).read_text("utf-8")]
    asked = set(re.findall(r"rms_console_\w+", json.dumps(texts)))
    assert asked - told <= NEVER_THERE_AT_FIRST
