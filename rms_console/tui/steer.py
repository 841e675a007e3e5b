"""What the keys do: each asks first where it must, then sends a request and is followed to its end."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from rms_console.contract.queries import Page as Answer
from rms_console.contract.queries import Query, Subject
from rms_console.errors import ConsoleError
from rms_console.locale import mark
from rms_console.tui.keys import obstacle
from rms_console.tui.lines import Line, Part, line
from rms_console.tui.looking import Looking
from rms_console.tui.plain import clean
from rms_console.tui.preview import full_sync_lines, one_product_lines
from rms_console.tui.screens.dialogs import Ask, Choice, Confirm, Pausing
from rms_console.tui.setup import Leave
from rms_console.tui.view import View

if TYPE_CHECKING:
    from rms_console.contract.commands import Request
    from rms_console.tui.actions import Actions
    from rms_console.tui.follow import Follower


class Steering(Looking):
    """The actions of the console, beside the drawing.

    The classes of requests are loaded when the first is made: the first picture must not wait for them.
    """

    actions: Actions
    follower: Follower

    def view(self) -> View:
        raise NotImplementedError

    def _can(self, action: str) -> bool:
        """Return whether the action can be had now; else say why not."""
        why = obstacle(action, self.view())
        if why:
            self.notice(self.words.phrase("Not now: {why}", why=self.words.phrase(why)), "warning")
        return not why

    def _send(self, request: Request, name: str, undo: Request | None = None) -> None:
        self.actions.send(request, self.words.phrase(name), undo)

    # The engine

    def action_pause(self) -> None:
        if self._can("pause"):
            waiting = self.follower.snapshot.queue.waiting if self.follower.snapshot else 0
            text = [
                line(self.words.phrase("The products in flight are finished, then nothing is sent until you resume.")),
                line(self.words.phrase("Changes are still read and queued; {count} wait now.", count=waiting)),
            ]
            self.push_screen(Pausing(self.words.phrase("Pause the engine"), text, hint="…"), self._paused)

    def _paused(self, reason: str | None) -> None:
        if reason is not None:
            from rms_console.contract.commands import Pause, Resume

            self._send(Pause(reason), mark("Pause"), Resume())

    def action_resume(self) -> None:
        seen = self.follower.snapshot
        if self._can("resume") and seen is not None and seen.pause is not None:
            from rms_console.contract.commands import Pause, Resume

            self._send(Resume(), mark("Resume"), Pause(seen.pause.reason))

    def action_trigger(self) -> None:
        if not self._can("trigger"):
            return
        seen = self.follower.snapshot
        if seen is not None and seen.pause is not None:
            text = [line(self.words.phrase("Paused by {name}: one run now, then it stays paused.", name=seen.pause.by))]
            self.push_screen(Confirm(self.words.phrase("Run although it is paused?"), text), self._forced)
            return
        if seen is not None and seen.progress is not None:
            text = [
                line(self.words.phrase("Run {number} is on; the next begins when it ends.", number=seen.progress.cycle))
            ]
            self.push_screen(Confirm(self.words.phrase("Queue one more run?"), text), self._queued)
            return
        self._queued(True)

    def _forced(self, yes: bool | None) -> None:
        if yes:
            self._run_now(mark("Trigger"), force=True)

    def _queued(self, yes: bool | None) -> None:
        if yes:
            self._run_now(mark("Trigger"))

    def _run_now(self, name: str, force: bool = False, product: tuple[str, ...] = ()) -> None:
        from rms_console.contract.commands import Trigger

        self._send(Trigger(force=force, styles=product, skus=product), name)

    def action_cancel(self) -> None:
        seen = self.follower.snapshot
        if self._can("cancel") and seen is not None and seen.progress is not None:
            left = seen.progress.products_total - seen.progress.products_done
            text = [
                line(
                    self.words.phrase(
                        "{count} {count:product of this run stays|products of this run stay} queued for the next one.",
                        count=left,
                    )
                )
            ]
            dialog = Confirm(self.words.phrase("Cancel the run after the products in flight?"), text)
            self.push_screen(dialog, self._cancelled)

    def _cancelled(self, yes: bool | None) -> None:
        if yes:
            from rms_console.contract.commands import CancelCycle

            self._send(CancelCycle(), mark("Cancel run"))

    def action_test_links(self) -> None:
        if self._can("test_links"):
            from rms_console.contract.commands import ProbeConnections

            self._send(ProbeConnections(), mark("Connection test"))

    def action_undo(self) -> None:
        request = self.actions.undoing
        if request is None:
            self.notice(self.words.phrase("Nothing to undo"))
        elif self._can("undo"):
            self._send(request, mark("Undo"))

    def action_restart(self) -> None:
        if self._can("restart"):
            self.setup.engine.restart()
            self.notice(self.words.phrase("the engine starts again"))

    def action_full_sync(self) -> None:
        if self._can("full_sync"):
            shop = self.follower.snapshot.shop.shop if self.follower.snapshot else ""
            text = [line(Part(self.words.phrase("Counting what would change… (Esc leaves it)"), "dim"))]
            dialog = Ask(self.words.phrase("Full sync of {shop}", shop=clean(shop)), text, must_be=clean(shop))
            self.push_screen(dialog, self._full_sync)
            self._begin(partial(self._preview, dialog))

    def _begin(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        # A callable, not a coroutine: one that is replaced before it began would never be awaited.
        doing: Any = work
        self.run_worker(doing, exclusive=True, group="preview")

    async def _preview(self, dialog: Ask) -> None:
        """Tell in the dialog what a full sync would do, as soon as it is known."""
        answer = await self._answer(Query(Subject.PLAN, 50, filters={"full": "1"}))
        if dialog.is_attached:
            dialog.tell(full_sync_lines(answer, self.words))

    def _full_sync(self, typed: str | None) -> None:
        self.workers.cancel_group(self, "preview")
        if typed:
            from rms_console.contract.commands import FullSync

            self._send(FullSync(self.words.phrase("asked for in the console")), mark("Full sync"))

    def action_sync_one(self) -> None:
        if self._can("sync_one"):
            text = [line(self.words.phrase("A product (CCOD) or an SKU goes to the shop ahead of everything else."))]
            self.push_screen(Ask(self.words.phrase("Sync one product now"), text, hint="CCOD / SKU"), self._named)

    def action_why(self) -> None:
        if self._can("why"):
            text = [line(self.words.phrase("Each rule, RMS, ledger and shop side by side, and what was done to it."))]
            title = self.words.phrase("Why is it in the shop, or not?")
            at_hand = getattr(self.screen, "style", "")
            self.push_screen(Ask(title, text, hint="SKU / CCOD / ItemID", value=at_hand), self._explain)

    def _explain(self, name: str | None) -> None:
        if name:
            from rms_console.tui.screens.explain import ExplainPage

            self.push_screen(ExplainPage(name))

    def _named(self, name: str | None) -> None:
        if name:
            self._begin(partial(self._show_one, name))

    async def _show_one(self, name: str) -> None:
        answer = await self._answer(Query(Subject.PLAN, 20, key=name))
        if answer.problem == "not-found":
            self.notice(self.words.phrase("RMS has no item {name}: check the spelling", name=name), "warning")
            return
        text = one_product_lines(answer, self.view())
        dialog = Confirm(self.words.phrase("Sync {name} now?", name=clean(name)), text)
        self.push_screen(dialog, lambda yes: self._sync(name) if yes else None)

    def _sync(self, name: str) -> None:
        self._run_now(mark("Sync one"), product=(name,))

    async def _answer(self, query: Query) -> Answer:
        try:
            return await self.follower.ask(query)
        except ConsoleError as error:
            return Answer(query.subject, (), problem=error.message)

    def action_leave(self) -> None:
        if self.setup.attached:
            self.exit(Leave.DETACH)
            return
        is_stopped = self.setup.engine.ended is not None
        stop, run_on = (
            mark("stop the engine after the products in flight, and leave"),
            mark("leave it running without a screen"),
        )
        if is_stopped:
            stop, run_on = mark("leave, and leave it stopped"), mark("start it again without a screen, and leave")
        choices = [("s", self.words.phrase(stop))]
        if self.setup.may_leave_running:
            choices.append(("l", self.words.phrase(run_on)))
        told = mark("The engine has stopped.") if is_stopped else mark("The engine runs in this console.")
        text: list[Line] = [line(self.words.phrase(told))]
        if not self.setup.may_leave_running:
            text.append(line(self.words.phrase("The demo lives only as long as its console.")))
        dialog = Choice(self.words.phrase("Leave the console?"), text, choices)
        self.push_screen(dialog, self._left)

    def _left(self, choice: str | None) -> None:
        if choice == "s":
            self.exit(Leave.STOP)
        elif choice == "l":
            self.exit(Leave.RUN_ON)
