"""Support bundles for the console: what makes them is loaded when somebody wants one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rms_console.wiring.options import Options

if TYPE_CHECKING:
    from rms_console.contract.engine_port import EnginePort
    from rms_console.contract.support import Bundle
    from rms_console.wiring.bundle import BundleDesk
    from rms_console.wiring.site import Site


@dataclass(frozen=True, slots=True)
class ConsoleSupport:
    """`contract.support.SupportDesk`. `site` is None where the engine lives on another machine."""

    options: Options
    site: Site | None
    folder: Path
    language: str

    async def gather(self, port: EnginePort) -> Bundle:
        import asyncio

        desk = await asyncio.to_thread(self._desk)
        return await desk.gather(port)

    def write(self, bundle: Bundle) -> Path:
        return self._desk().write(bundle)

    def _desk(self) -> BundleDesk:
        from rms_console.wiring.bundle import BundleDesk

        return BundleDesk(self.options, self.site, self.folder, self.language)
