"""How the engine takes what happens to its API: the log and the alerts say it, the engine goes on."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import replace
from pathlib import Path

import httpx

from rms_console.contract.snapshot import AlertView
from rms_console.control.endpoint_file import read_endpoint
from rms_console.control.server import ControlServer, ServerOptions
from rms_console.wiring.serving import told_of
from tests.acceptance.site import Site
from tests.api.served import MONITOR
from tests.engine.conftest import make, world
from tests.engine.world import World
from tests.hosting.conftest import site

__all__ = ["make", "site", "world"]


async def critical(world: World) -> list[AlertView]:
    return [alert for alert in (await world.engine.snapshot()).alerts if alert.severity == "CRITICAL"]


async def test_a_taken_port_is_an_alert_until_it_is_free(world: World, tmp_path: Path) -> None:
    async with world.service() as engine:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            number = taken.getsockname()[1]
            options = ServerOptions(tmp_path, engine.boot_id, "tienda", port=number, try_again_s=0.05)
            told, is_served = told_of(engine), asyncio.Event()

            def served(url: str, token: str) -> None:
                told.served(url, token)
                is_served.set()

            async with ControlServer(engine, options, replace(told, served=served)):
                (alert,) = await critical(world)
                assert (alert.kind, alert.title) == ("api_not_served", "The control API is not served")
                assert alert.detail == f"port {number} of 127.0.0.1 is taken by another program"
                taken.close()
                async with asyncio.timeout(20):
                    await is_served.wait()
                assert await critical(world) == []


async def test_the_api_is_served_on_the_loop_of_the_engine(world: World, tmp_path: Path) -> None:
    async with world.service() as engine:
        options = ServerOptions(tmp_path, engine.boot_id, "tienda", port=0)
        async with ControlServer(engine, options, told_of(engine)) as server, httpx.AsyncClient() as client:
            body = (await client.get(f"{server.url}{MONITOR}/status")).json()
            assert body["status"] == engine.machine.state.value
            engine.stop()


def test_a_service_whose_port_is_taken_works_and_says_so(site: Site) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        site.configure(f"\n[api]\nport = {number}\n")
        process = site.start("--json")
        try:
            assert process.stdout is not None
            lines = []
            for text in process.stdout:
                lines.append(json.loads(text))
                if lines[-1]["tag"] == "READY":
                    break
            endpoint = read_endpoint(site.state)
        finally:
            process.terminate()
            process.communicate(timeout=20)
    assert endpoint is not None
    assert (endpoint.url, endpoint.pid) == ("", process.pid)
    assert endpoint.problem == f"port {number} of 127.0.0.1 is taken by another program"
    told = [line["message"] for line in lines if line["level"] == "CRITICAL"]
    assert f"The control API is not served: {endpoint.problem}" in told
