"""Dialogs: what an action would do, in numbers, and the one key or word that lets it happen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final, Generic, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input

from rms_console.tui.lines import Line, Part, line
from rms_console.tui.plain import clean
from rms_console.tui.widgets.panel import Panel
from rms_console.tui.wrapping import wrapped

if TYPE_CHECKING:
    from rms_console.tui.app import ConsoleApp

R = TypeVar("R")
MOST_WIDE: Final = 74

BOX = """
Dialog { align: center middle; background: $background 60%; }
Dialog > Vertical { width: 74; max-width: 96%; height: auto; max-height: 90%; padding: 1 2; background: $panel;
    overflow-y: auto; }
Dialog Input { height: 1; border: none; margin-top: 1; background: $background; padding: 0; }
Dialog Input:focus { border: none; }
"""


class Dialog(ModalScreen[R | None], Generic[R]):
    """A box over the page. Esc closes it and nothing happens."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", show=False, id="dialog.close")]

    def __init__(self, title: str, text: Sequence[Line]) -> None:
        super().__init__()
        self._title_text = title
        self._text = list(text)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Panel(id="ask")
            yield from self.answers()

    def answers(self) -> ComposeResult:
        """Yield the widgets below the text."""
        yield from ()

    def on_mount(self) -> None:
        self.tell(self._text)

    def tell(self, text: Sequence[Line]) -> None:
        """Show another text under the same title."""
        self._text = list(text)
        for panel in self.query("#ask").results(Panel):  # none before it is on the screen
            title = line(Part(clean(self._title_text), "title"))
            panel.show([title, (), *self._wrapped(self._text), (), *self._wrapped(self.keys())])

    def _wrapped(self, lines: Sequence[Line]) -> list[Line]:
        """Return the lines with those of one text broken where the box ends: half a warning is none."""
        room = max(10, min(MOST_WIDE, self.app.size.width) - 6)
        return [row for one in lines for row in (wrapped(one[0].text, room, one[0].role) if len(one) == 1 else (one,))]

    def keys(self) -> list[Line]:
        """Return what the keys do."""
        return [line(Part("Esc", "key"), f" {self.phrase('close')}")]

    def phrase(self, template: str, /, **facts: object) -> str:
        return cast("ConsoleApp", self.app).words.phrase(template, **facts)


class Confirm(Dialog[bool]):
    """Asks for `y`; Enter alone confirms nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", show=False, id="dialog.yes"),
        Binding("n", "dismiss(None)", show=False),
    ]

    def keys(self) -> list[Line]:
        return [line(Part("y", "key"), f" {self.phrase('yes, do it')}   ", Part("Esc", "key"), f" {self.phrase('no')}")]


class Choice(Dialog[str]):
    """Offers some keys, each with what it does."""

    def __init__(self, title: str, text: Sequence[Line], choices: Sequence[tuple[str, str]]) -> None:
        super().__init__(title, text)
        self._choices = dict(choices)

    def keys(self) -> list[Line]:
        offered = [line(Part(key, "key"), f" {what}") for key, what in self._choices.items()]
        return [*offered, line(Part("Esc", "key"), f" {self.phrase('stay')}")]

    def on_key(self, event: Key) -> None:
        if event.character in self._choices:
            # Else the console would take the same key too: `r` would resume the engine.
            event.stop()
            event.prevent_default()
            self.dismiss(event.character)


class Ask(Dialog[str]):
    """Asks for a line of text; with `must_be`, only that very text is taken."""

    def __init__(self, title: str, text: Sequence[Line], *, must_be: str = "", hint: str = "", value: str = "") -> None:
        super().__init__(title, text)
        self._must_be = must_be
        self._hint = hint
        self._value = value

    def answers(self) -> ComposeResult:
        yield Input(value=self._value, placeholder=clean(self._hint), select_on_focus=False)

    def keys(self) -> list[Line]:
        confirm = line(
            Part("Enter", "key"), f" {self.phrase('confirm')}   ", Part("Esc", "key"), f" {self.phrase('close')}"
        )
        if self._must_be:
            return [line(self.phrase("Type {word} to go on; Enter alone does nothing.", word=self._must_be)), confirm]
        return [confirm]

    def on_input_submitted(self, event: Input.Submitted) -> None:
        # One handler alone: Textual calls those of every base class too.
        self.take(event.value.strip())

    def take(self, text: str) -> None:
        """Close with what was typed, where it will do."""
        if self._must_be and text != self._must_be:
            self.notify(self.phrase("not the same text: nothing was done"), severity="warning", markup=False)
        else:
            self.dismiss(text)


class Pausing(Ask):
    """Asks for the reason of a pause; `y` in the empty field pauses at once without one."""

    def keys(self) -> list[Line]:
        return [
            line(Part("y", "key"), f" {self.phrase('pause now, without a reason')}"),
            line(Part("Enter", "key"), f" {self.phrase('pause with the reason typed')}   "),
            line(Part("Esc", "key"), f" {self.phrase('close')}"),
        ]

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.value in ("y", "Y"):
            self.dismiss("")

    def take(self, text: str) -> None:
        if text:
            self.dismiss(text)
