"""The support bundle from the console: gathered, shown, and written after a yes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from rms_console.contract.support import Bundle, SupportDesk
from rms_console.errors import ConsoleError
from rms_console.tui.format import bytes_
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.plain import clean
from rms_console.tui.screens.dialogs import Confirm
from rms_console.tui.view import Words

if TYPE_CHECKING:
    from rms_console.tui.app import ConsoleApp

SLOW_S: Final = 0.5


async def offer(app: ConsoleApp) -> None:
    """Show what a bundle would hold and what it would not; write it after a yes, and say where it lies."""
    desk = app.setup.support
    if desk is None:
        app.notice(app.words.phrase("This console cannot write a support bundle yet"), "warning")
        return
    gathering = asyncio.ensure_future(desk.gather(app.port))
    await asyncio.wait([gathering], timeout=SLOW_S)
    if not gathering.done():
        app.notice(app.words.phrase("Gathering what a support bundle holds…"))
    bundle = await gathering
    dialog = Confirm(app.words.phrase("Write a support bundle?"), content_lines(bundle, app.words))
    app.push_screen(dialog, lambda yes: _begin(app, desk, bundle) if yes else None)


def _begin(app: ConsoleApp, desk: SupportDesk, bundle: Bundle) -> None:
    doing: Any = partial(_write, app, desk, bundle)
    app.run_worker(doing, exclusive=True, group="bundle")


async def _write(app: ConsoleApp, desk: SupportDesk, bundle: Bundle) -> None:
    try:
        path = await asyncio.to_thread(desk.write, bundle)
    except ConsoleError as error:
        app.notice(app.words.told(error.message), "error")
        return
    app.copy(str(path))
    app.notice(app.words.phrase("Support bundle written: {path}", path=path))


def content_lines(bundle: Bundle, words: Words) -> Sequence[Line]:
    """Return each file with its size, then what is not in it and why."""
    lines = [line(Part(words.phrase("It holds:"), "strong"))]
    lines += [line(f"  {clean(name, 60)}  {bytes_(len(data))}") for name, data in bundle.files.items()]
    lines += [(), line(Part(words.phrase("It does not hold:"), "strong"))]
    return [*lines, *(line(f"  {clean(what, 40)}: {clean(words.told(why), 300)}") for what, why in bundle.left_out)]
