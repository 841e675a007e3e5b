"""What every page of the console has: the head with the state of the engine, its own body, what was asked, the keys."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from rms_console.contract.events import Event
from rms_console.contract.queries import Page as Answer
from rms_console.contract.queries import Query
from rms_console.errors import ConsoleError
from rms_console.tui.format import age, clock
from rms_console.tui.keys import Act
from rms_console.tui.lines import Line, Part, fit, line
from rms_console.tui.plain import clean
from rms_console.tui.screens.frame import foot_lines, head_lines
from rms_console.tui.view import View, Words
from rms_console.tui.widgets.drawing import OLD
from rms_console.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from rms_console.tui.app import ConsoleApp


@dataclass(frozen=True, slots=True)
class Age:
    """Since when the values of a page are not of now, and why."""

    at: datetime
    why: str = ""


class Page(Screen[None]):
    """One page. `show` is called with the newest view while the page is on top."""

    NAME: ClassVar[str] = ""
    ACTS: ClassVar[tuple[Act, ...]] = ()
    """The page's own actions, beside the global ones."""
    is_detail: ClassVar[bool] = False
    """Whether the page lies over another one, which Esc brings back."""

    def __init__(self) -> None:
        super().__init__()
        self._drawn_of: object = None

    @property
    def console_app(self) -> ConsoleApp:
        return cast("ConsoleApp", self.app)

    @property
    def words(self) -> Words:
        return self.console_app.words

    def compose(self) -> ComposeResult:
        yield Panel(id="head")
        yield from self.body()
        yield Panel(id="foot")

    def body(self) -> Iterable[Widget]:
        """Yield the widgets between head and foot."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        self.console_app.draw()

    def on_resize(self) -> None:
        self.call_after_refresh(self.console_app.draw)

    def draw(self, view: View) -> None:
        """Show the view: the frame here, the body by `show`."""
        if self.size.width and self._has_parts():
            self._draw_ends(view)
            self._draw_body(view)

    def draw_frame(self, view: View) -> None:
        """Show head and foot alone: the body stays what it is, once it has shown something."""
        if self._has_parts():
            self._draw_ends(view)
            if self._drawn_of != self.content:
                self._draw_body(view)

    @property
    def content(self) -> object:
        """Return what tells an empty body from one with something in it; a frozen view is drawn when it changes."""
        return "body"

    def _draw_body(self, view: View) -> None:
        self._drawn_of = self.content
        self.show(view)
        self._fade(self.age_of(view) is not None)

    def age_of(self, view: View) -> Age | None:
        """Return since when the values are old; None while they are of now."""
        if view.stale_s is None or view.snapshot is None:
            return None
        return Age(view.now - timedelta(seconds=view.stale_s), view.problem)

    def _fade(self, is_old: bool) -> None:
        """Draw the body dim while its values are old."""
        for widget in self.query("Panel, RowList, LogView, Sheet").exclude("#head, #foot"):
            if widget.has_class(OLD) is not is_old:
                widget.set_class(is_old, OLD)
                widget.refresh()

    def _has_parts(self) -> bool:
        """Return whether the widgets are there: before it is mounted and while the console closes they are not."""
        return self.is_mounted and self.query_one_optional("#head", Panel) is not None

    def _draw_ends(self, view: View) -> None:
        width = self.size.width
        head = [*head_lines(view, self.NAME, width), *age_lines(self.age_of(view), view, width)]
        self.query_one("#head", Panel).show(head)
        self.query_one("#foot", Panel).show(foot_lines(view, self.ACTS, width))

    def hear(self, event: Event) -> None:
        """Take in what happened while the page is on top."""

    def show(self, view: View) -> None:
        raise NotImplementedError

    def begin(self, work: Callable[[], Coroutine[Any, Any, None]], group: str) -> None:
        """Do some work in the background, in place of what the page does in that group.

        Work that is replaced before it began was never made: a coroutine in its place would warn that nobody waited.
        """
        doing: Any = work
        self.run_worker(doing, exclusive=True, group=group)

    async def ask(self, query: Query) -> Answer:
        """Return the engine's answer; one that did not come is an answer with the problem."""
        try:
            return await self.console_app.follower.ask(query)
        except ConsoleError as error:
            return Answer(query.subject, (), problem=error.message)


def age_lines(old: Age | None, view: View, width: int) -> list[Line]:
    """Return since when and why the values of a page are old; nothing while they are of now."""
    if old is None:
        return []
    words = view.words
    zone = view.snapshot.zone if view.snapshot is not None else "UTC"
    at = clock(old.at, zone, seconds=True, utc=words.utc)
    told = words.phrase("Values of {at}, {age} ago", at=at, age=age((view.now - old.at).total_seconds()))
    why = words.phrase("not fresh: {why}", why=clean(words.told(old.why), 200)) if old.why else ""
    return [fit(line(Part(f"{words.glyphs.warn} {told}  {why}".rstrip(), "warn")), width)]
