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

from rms_console.tui.keys import SCROLLING, bindings
from rms_console.tui.lines import Line, Part, line, width_of
from rms_console.tui.plain import clean
from rms_console.tui.widgets.panel import Panel
from rms_console.tui.widgets.sheet import Sheet
from rms_console.tui.wrapping import wrapped

if TYPE_CHECKING:
    from rms_console.tui.app import ConsoleApp

R = TypeVar("R")
MOST_WIDE: Final = 74
ROOMY: Final = 16
"""Rows of a screen from which a box has room for empty lines."""

BOX = """
Dialog { align: center middle; background: $background 60%; }
Dialog > Vertical { width: 74; max-width: 96%; height: auto; max-height: 100%; padding: 1 2; background: $panel; }
Dialog Input { height: 1; border: none; margin-top: 1; background: $background; padding: 0; }
Dialog Input:focus { border: none; }
"""


class Dialog(ModalScreen[R | None], Generic[R]):
    """A box over the page. Esc closes it and nothing happens.

    What is longer than the screen scrolls with the keys of the lists, while title, field and keys stay in sight.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", show=False, id="dialog.close"),
        *bindings(SCROLLING),
    ]

    def __init__(self, title: str, text: Sequence[Line]) -> None:
        super().__init__()
        self._title_text = title
        self._text = list(text)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Panel(id="ask")
            told = Sheet(id="told")
            told.can_focus = False  # the field below has the focus, and what it leaves of the keys comes here anyway
            yield told
            yield Panel(id="ask-keys")
            yield from self.answers()

    def answers(self) -> ComposeResult:
        """Yield the widgets below the text."""
        yield from ()

    def on_mount(self) -> None:
        self.tell(self._text)

    def tell(self, text: Sequence[Line]) -> None:
        """Show another text under the same title."""
        self._text = list(text)
        if self.query_one_optional("#told", Sheet) is None:  # it is not on the screen yet
            return
        is_small = self.app.size.height < ROOMY
        gap: list[Line] = [] if is_small else [()]
        told, keys = self._wrapped(self._text), self._wrapped(self.keys())
        self.query_one("#ask", Panel).show([line(Part(clean(self._title_text), "title")), *gap])
        self.query_one("#told", Sheet).show(told)
        self.query_one("#ask-keys", Panel).show([*gap, *keys])
        around = 1 + len(keys) + (0 if is_small else 4)
        for field in self.query(Input):
            field.styles.margin = (0 if is_small else 1, 0, 0, 0)
            around += field.display and (1 if is_small else 2)
        self.query_one(Vertical).styles.padding = (0 if is_small else 1, 2)
        self.query_one("#told", Sheet).styles.height = max(1, min(len(told), self.app.size.height - around))

    def on_resize(self) -> None:
        self.tell(self._text)

    def action_move(self, step: int) -> None:
        self.query_one("#told", Sheet).action_move(step)

    def action_page(self, step: int) -> None:
        self.query_one("#told", Sheet).action_page(step)

    def action_go(self, place: int) -> None:
        self.query_one("#told", Sheet).action_go(place)

    def _wrapped(self, lines: Sequence[Line]) -> list[Line]:
        """Return the lines with those of one text broken where the box ends: half a warning is none."""
        room = self._room
        return [row for one in lines for row in (wrapped(one[0].text, room, one[0].role) if len(one) == 1 else (one,))]

    @property
    def _room(self) -> int:
        return max(10, min(MOST_WIDE, self.app.size.width) - 6)

    def keys(self) -> list[Line]:
        """Return what the keys do."""
        return self.pairs(("Esc", self.phrase("close")))

    def pairs(self, *pairs: tuple[str, str]) -> list[Line]:
        """Return keys and what each does, side by side where there is room."""
        lines: list[Line] = []
        for key, what in pairs:
            piece = (Part(key, "key"), Part(f" {what}"))
            longer = (*lines[-1], Part("   "), *piece) if lines else ()
            if lines and width_of(longer) <= self._room:
                lines[-1] = longer
            else:
                lines.append(piece)
        return lines

    def phrase(self, template: str, /, **facts: object) -> str:
        return cast("ConsoleApp", self.app).words.phrase(template, **facts)


class Confirm(Dialog[bool]):
    """Asks for `y`; Enter alone confirms nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", show=False, id="dialog.yes"),
        Binding("n", "dismiss(None)", show=False),
    ]

    def keys(self) -> list[Line]:
        return self.pairs(("y", self.phrase("yes, do it")), ("Esc", self.phrase("no")))


class Reasoned(Dialog[str]):
    """Asks for `y`, which gives an empty reason, or for a reason and Enter. Enter alone confirms nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss('')", show=False, id="dialog.yes"),
        Binding("n", "dismiss(None)", show=False),
        Binding("w", "why", show=False, id="dialog.why"),
    ]

    AUTO_FOCUS = ""

    def answers(self) -> ComposeResult:
        field = Input(select_on_focus=False, max_length=200)
        field.display = False
        yield field

    def keys(self) -> list[Line]:
        if any(field.display for field in self.query(Input)):
            sure = [("Enter", self.phrase("yes, for the reason typed"))]
        else:
            sure = [("y", self.phrase("yes, do it")), ("w", self.phrase("with a reason"))]
        return self.pairs(*sure, ("Esc", self.phrase("no")))

    def action_why(self) -> None:
        """Ask for the reason."""
        field = self.query_one(Input)
        field.display = True
        field.focus()
        self.tell(self._text)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if reason := event.value.strip():
            self.dismiss(reason)


class Choice(Dialog[str]):
    """Offers some keys, each with what it does."""

    def __init__(self, title: str, text: Sequence[Line], choices: Sequence[tuple[str, str]]) -> None:
        super().__init__(title, text)
        self._choices = dict(choices)

    def keys(self) -> list[Line]:
        offered = (*self._choices.items(), ("Esc", self.phrase("stay")))
        return [row for one in offered for row in self.pairs(one)]

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
        confirm = self.pairs(("Enter", self.phrase("confirm")), ("Esc", self.phrase("close")))
        if self._must_be:
            text = self.phrase("Type {word} to go on; Enter alone does nothing.", word=self._must_be)
            return [line(text), *confirm]
        return confirm

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
        return self.pairs(
            ("y", self.phrase("pause now, without a reason")),
            ("Enter", self.phrase("pause with the reason typed")),
            ("Esc", self.phrase("close")),
        )

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.value in ("y", "Y"):
            self.dismiss("")

    def take(self, text: str) -> None:
        if text:
            self.dismiss(text)
