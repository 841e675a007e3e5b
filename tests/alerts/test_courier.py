"""Who is told what, and when: one message a raise, cool-down, quiet hours, the end, and what does not arrive."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from rms_console.contract.commands import AckAlerts
from rms_console.contract.notify_port import Message, Outlets
from rms_console.contract.queries import Query, Subject
from rms_console.contract.settings import AlertPolicy
from rms_console.engine.alerts import kinds
from rms_console.engine.alerts.book import CRITICAL, WARN
from rms_console.engine.alerts.lane import MOST, WAITS_S
from rms_console.engine.alerts.quiet import due_at, quiet_until
from rms_console.engine.alerts.raising import put
from rms_console.errors import NotifyError
from rms_console.locale import sentence
from tests.alerts.conftest import SendingMake
from tests.alerts.sending import Postbox, SendingWorld
from tests.engine.world import SETTINGS, tuned

MINUTE_S = 60.0
MEMORY = "[WARNING] Memory is running short"
MEMORY_OVER = "[INFO] There is enough memory again"
RMS = "[CRITICAL] RMS does not answer"


@pytest.fixture
def box() -> Postbox:
    return Postbox()


@pytest.fixture
def sending(make: SendingMake, box: Postbox) -> SendingWorld:
    return make(Outlets((box,)), settings=policy(motor_stopped_s=1e6))


def policy(**changes: Any) -> Any:
    return tuned(SETTINGS, alerts=AlertPolicy(**changes), health_interval_s=1e6, recovery_check_interval_s=1e6)


def raise_(world: SendingWorld, kind: str = kinds.MEMORY, detail: str = "d", **changes: Any) -> None:
    put(world.engine, kind, detail, **changes)


async def facts(world: SendingWorld) -> dict[str, Any]:
    return dict((await world.engine.ask(Query(Subject.ALERTS))).facts)


def refusal(**changes: Any) -> NotifyError:
    return NotifyError(sentence("too many alerts wait"), code="test", **changes)


# One message a raise, and one at the end


async def test_a_raise_is_told_once_and_its_end_once(sending: SendingWorld, box: Postbox) -> None:
    async with sending.service() as engine:
        for number in range(3):
            raise_(sending, detail=f"detail {number}")
            await sending.wait(MINUTE_S)
        assert box.titles == [MEMORY]
        engine.alerts.clear(kinds.MEMORY)
        await sending.wait(1)
        engine.alerts.clear(kinds.MEMORY)
        await sending.wait(7200)
        assert box.titles == [MEMORY, MEMORY_OVER]
        first, last = box.got
        assert first.lines == (
            "detail 0",
            "Since: 2026-11-02 09:00:00",
            "State now: IDLE",
            f"What to do: {kinds.KINDS[kinds.MEMORY].what_to_do}",
            "Shop: embedded-store.myshopify.com",
        )
        assert last.lines[:3] == ("It was: Memory is running short", "detail 2", "It lasted: 3 minutes")
        assert (last.is_over, first.is_over) == (True, False)
        assert (await facts(sending))["sent"] == 1


async def test_texts_are_told_in_spanish(make: SendingMake, box: Postbox) -> None:
    world = make(Outlets((box,), "es"), settings=policy())
    async with world.service() as engine:
        raise_(world, kinds.PERFORMANCE, sentence("The last run took {took} (limit: {most})", took="9 s", most="5 s"))
        await world.idle()
        engine.alerts.clear(kinds.PERFORMANCE)
        await world.idle()
    assert box.titles == [
        "[WARNING] La sincronización va más lenta de lo normal",
        "[INFO] La sincronización va otra vez a su ritmo normal",
    ]
    assert box.got[0].lines[0] == "La última corrida tardó 9 s (límite: 5 s)"
    assert "Posible causa: Alta carga en RMS, en Shopify o en esta máquina" in box.got[0].lines


# Cool-down


async def test_what_comes_and_goes_is_told_once_in_a_cool_down(sending: SendingWorld, box: Postbox) -> None:
    async with sending.service() as engine:
        for _ in range(5):
            raise_(sending)
            await sending.wait(MINUTE_S)
            engine.alerts.clear(kinds.MEMORY)
            await sending.wait(MINUTE_S)
        assert box.titles == [MEMORY, MEMORY_OVER]
        raise_(sending, detail="still")
        await sending.wait(19 * MINUTE_S)
        assert len(box.got) == 2
        await sending.wait(2 * MINUTE_S)
        assert box.titles == [MEMORY, MEMORY_OVER, MEMORY], "what lasts is told when the cool-down is over"
        assert box.got[2].lines[0] == "still"


async def test_what_somebody_has_seen_meanwhile_is_told_no_more(sending: SendingWorld, box: Postbox) -> None:
    async with sending.service() as engine:
        raise_(sending)
        await sending.idle()
        engine.alerts.clear(kinds.MEMORY)
        raise_(sending)
        await sending.send(AckAlerts())
        await sending.wait(3600)
        assert box.titles == [MEMORY, MEMORY_OVER]


async def test_another_kind_and_what_became_critical_do_not_wait(sending: SendingWorld, box: Postbox) -> None:
    async with sending.service():
        await sending.wait(1)
        raise_(sending)
        raise_(sending, kinds.TOKEN_EXPIRING, severity=WARN)
        raise_(sending, severity=CRITICAL)
        await sending.idle()
        assert [title.partition("]")[0] for title in box.titles] == ["[WARNING", "[WARNING", "[CRITICAL"]
        raise_(sending, severity=CRITICAL, again=True)
        await sending.wait(29 * MINUTE_S)
        assert len(box.got) == 3
        await sending.wait(2 * MINUTE_S)
        assert len(box.got) == 4


# Quiet hours


@pytest.mark.parametrize(
    ("begin", "end", "local", "until"),
    [
        (time(22), time(7), (23, 0), (7, 0)),
        (time(22), time(7), (22, 0), (7, 0)),
        (time(22), time(7), (6, 59), (7, 0)),
        (time(22), time(7), (7, 0), None),
        (time(22), time(7), (21, 59), None),
        (time(12), time(14), (13, 30), (14, 0)),
        (time(12), time(14), (14, 30), None),
        (time(9), time(9), (9, 0), None),
        (None, time(7), (3, 0), None),
    ],
)
def test_quiet_hours_are_the_stores_and_may_span_midnight(
    begin: time | None, end: time, local: tuple[int, int], until: tuple[int, int] | None
) -> None:
    at = datetime(2026, 11, 3, local[0], local[1], tzinfo=UTC) + timedelta(hours=6)
    found = quiet_until(at, AlertPolicy(quiet_from=begin, quiet_to=end), "America/Costa_Rica")
    if until is None:
        assert found is None
    else:
        assert found is not None
        shown = found - timedelta(hours=6)
        assert (shown.hour, shown.minute) == until
        assert timedelta() < found - at <= timedelta(hours=9)


def test_a_cool_down_that_ends_in_quiet_hours_waits_for_their_end() -> None:
    now = datetime(2026, 11, 3, 3, 50, tzinfo=UTC)  # 21:50 in the store
    rules = AlertPolicy(cooldown_s=1800, quiet_from=time(22), quiet_to=time(7))
    due = due_at(now, WARN, (now, WARN), rules, "America/Costa_Rica")
    assert due == datetime(2026, 11, 3, 13, 0, tzinfo=UTC)
    assert due_at(now, CRITICAL, (now, CRITICAL), rules, "America/Costa_Rica") == now + timedelta(minutes=30)
    assert due_at(now, CRITICAL, (now, WARN), rules, "America/Costa_Rica") == now


async def test_in_quiet_hours_only_what_is_critical_goes(make: SendingMake, box: Postbox) -> None:
    quiet = policy(quiet_from=time(8), quiet_to=time(11), motor_stopped_s=1e6)
    world = make(Outlets((box,)), settings=quiet)
    async with world.service() as engine:  # it is 09:00 in the store
        raise_(world)
        raise_(world, kinds.PERFORMANCE)
        raise_(world, kinds.CONNECTION_RMS)
        await world.wait(MINUTE_S)
        assert box.titles == [RMS]
        engine.alerts.clear(kinds.CONNECTION_RMS)
        engine.alerts.clear(kinds.PERFORMANCE)
        await world.wait(MINUTE_S)
        assert box.titles == [RMS, "[INFO] RMS answers again"], "who was woken hears of the end"
        await world.wait(7200)
        assert box.titles[2:] == [MEMORY], "what is still so is told in the morning, what is over is not"


# What does not arrive


async def test_a_delivery_is_tried_again_with_longer_and_longer_waits(sending: SendingWorld, box: Postbox) -> None:
    box.errors = [refusal(), refusal(wait_s=90.0)]
    async with sending.service():
        raise_(sending)
        await sending.idle()
        assert box.tries == 1
        await sending.wait(WAITS_S[0] + 0.1)
        assert (box.tries, box.titles) == (2, [])
        await sending.wait(89)
        assert box.tries == 2, "as long as the other side asks for"
        await sending.wait(2)
        assert box.titles == [MEMORY]
        assert (await facts(sending))["sent"] == 1
        assert "not delivered" not in sending.log.text()


async def test_what_does_not_arrive_is_logged_and_shown_and_never_loops(sending: SendingWorld, box: Postbox) -> None:
    box.errors = [refusal() for _ in range(1000)]
    async with sending.service() as engine:
        raise_(sending)
        await sending.wait(sum(WAITS_S) + 1)
        assert box.tries == len(WAITS_S) + 1
        (shown,) = [one for one in engine.alerts.present if one.kind == kinds.NOT_DELIVERED]
        assert shown.detail == "email: too many alerts wait"
        assert "Alert not delivered by email: too many alerts wait" in sending.log.text()
        assert (await facts(sending))["not_sent"] == 2
        tries = box.tries
        await sending.wait(6 * 3600)
        # The alert itself, once in a cool-down; the one about the delivery never.
        assert box.tries <= tries + 12 * (len(WAITS_S) + 1)
        assert sum(one.kind == kinds.NOT_DELIVERED for one in engine.alerts.present) == 1
        box.errors = []
        await sending.wait(2400)
        assert box.titles == [MEMORY]
        assert engine.alerts.entry(kinds.NOT_DELIVERED) is None
        assert (await facts(sending))["sent"] == 1


async def test_what_is_refused_for_good_is_not_tried_again(sending: SendingWorld, box: Postbox) -> None:
    box.errors = [refusal(is_final=True)]
    async with sending.service() as engine:
        raise_(sending)
        await sending.wait(sum(WAITS_S) + 1)
        assert box.tries == 1
        engine.alerts.clear(kinds.MEMORY)
        await sending.wait(MINUTE_S)
        assert box.tries == 1, "nobody is told of the end of what they never heard of"


async def test_the_other_channel_is_neither_held_up_nor_silent(make: SendingMake, box: Postbox) -> None:
    dead = Postbox("slack")
    dead.errors = [refusal() for _ in range(100)]
    world = make(Outlets((dead, box)), settings=policy(motor_stopped_s=1e6))
    async with world.service() as engine:
        raise_(world)
        await world.idle()
        assert box.titles == [MEMORY]
        await world.wait(sum(WAITS_S) + 1)
        assert box.titles == [MEMORY, "[WARNING] Alerts cannot be delivered"]
        assert box.got[1].lines[0] == "slack: too many alerts wait"
        assert dead.tries == len(WAITS_S) + 1
        engine.alerts.clear(kinds.MEMORY)
        await world.wait(MINUTE_S)
        assert box.titles[2:] == [MEMORY_OVER]
        assert dead.tries == len(WAITS_S) + 1


async def test_a_channel_with_a_defect_is_told_like_any_other_failure(make: SendingMake) -> None:
    class Broken(Postbox):
        async def send(self, message: Message) -> None:
            raise ZeroDivisionError

    world = make(Outlets((Broken(),)), settings=policy(motor_stopped_s=1e6))
    async with world.service() as engine:
        raise_(world)
        await world.wait(sum(WAITS_S) + 1)
        assert {one.kind: one.detail for one in engine.alerts.present}[kinds.NOT_DELIVERED] == (
            "email: defect: ZeroDivisionError"
        )


async def test_only_so_many_wait_and_the_critical_ones_stay(sending: SendingWorld, box: Postbox) -> None:
    async with sending.service() as engine:
        box.errors = [refusal(wait_s=600.0)]
        raise_(sending)
        raise_(sending, kinds.CONNECTION_RMS)
        await sending.idle()
        for number in range(MOST + 20):
            engine.alerts.raise_(f"kind-{number}", WARN, f"title {number}", "", "")
        await sending.wait(700)
        titles = box.titles
        assert MEMORY in titles
        assert RMS in titles
        assert len(titles) <= MOST + 2
        assert f"[WARNING] title {MOST + 19}" in titles
        assert "[WARNING] title 0" not in titles


# Switched off


async def test_switched_off_alerts_are_kept_and_counted_and_sent_to_nobody(make: SendingMake, box: Postbox) -> None:
    log = Postbox("log")
    world = make(Outlets((box, log)), settings=policy(enabled=False))
    async with world.service() as engine:
        await world.wait(1)
        raise_(world)
        raise_(world, kinds.TOKEN_EXPIRING)
        engine.alerts.clear(kinds.MEMORY)
        await world.wait(7200)
        told = await facts(world)
        assert (told["muted"], told["present"], told["sent"]) == (2, 1, 0)
        assert (box.tries, log.tries) == (0, 0)


# Restarts


SHORT = policy(motor_stopped_s=1e6, memory_percent=5.0)
"""The machine of these tests always uses ten percent."""


async def test_a_restart_tells_nothing_twice_and_the_end_once(make: SendingMake, box: Postbox) -> None:
    world = make(Outlets((box,)), settings=SHORT, on_disk=True)
    async with world.service() as engine:
        raise_(world, kinds.CONSOLE_LOST)
        await world.wait(1)
        entry = engine.alerts.entry(kinds.MEMORY)
        assert entry is not None
        await world.send(AckAlerts((entry.view.alert_id,)))
    assert sorted(box.titles) == ["[INFO] The console was lost", MEMORY]
    async with world.service() as engine:
        await world.wait(3600)
        (view,) = engine.alerts.present
        told = "This process uses 100 MB of 1000 MB (10 %)"
        assert (view.kind, view.acked_by, view.detail) == (kinds.MEMORY, "Ana", told)
        row = (await engine.ask(Query(Subject.ALERTS, filters={"language": "es"}))).rows[0]
        assert row["detail"] == "Este proceso usa 100 MB de 1000 MB (10 %)"
        assert box.titles.count(MEMORY) == 1
        engine.alerts.clear(kinds.MEMORY)
        await world.wait(1)
        assert box.titles.count(MEMORY_OVER) == 1
        raise_(world)
        ids = [row["alert_id"] for row in engine.alerts.rows()]
        assert len(set(ids)) == len(ids) == 3


async def test_what_could_not_be_sent_before_the_end_is_sent_after_the_next_start(
    make: SendingMake, box: Postbox
) -> None:
    world = make(Outlets((box,)), settings=SHORT, on_disk=True)
    box.errors = [refusal()]
    async with world.service():
        await world.idle()
    assert (box.tries, box.got) == (1, [])
    async with world.service():
        await world.idle()
        assert box.titles == [MEMORY]


async def test_an_engine_that_starts_again_and_again_does_not_tell_the_same_each_time(
    make: SendingMake, box: Postbox
) -> None:
    world = make(Outlets((box,)), settings=SHORT, on_disk=True)
    for _ in range(5):
        async with world.service() as engine:
            await world.wait(10)
            engine.alerts.clear(kinds.MEMORY)
            await world.wait(50)
    assert box.titles == [MEMORY, MEMORY_OVER]
    async with world.service():
        await world.wait(26 * MINUTE_S)
        assert box.titles == [MEMORY, MEMORY_OVER, MEMORY]


# Secrets


async def test_no_message_holds_a_secret(make: SendingMake, box: Postbox) -> None:
    canary = "shpat_canary0000"
    outlets = Outlets((box,), harmless=lambda text: text.replace(canary, "***"))
    world = make(outlets, settings=policy())
    async with world.service() as engine:
        detail = sentence("{code}: {message}", code=1, message=canary)
        todo, cause, over = (f"{word} {canary}" for word in ("todo", "cause", "over"))
        engine.alerts.raise_("k", WARN, f"title {canary}", detail, todo, cause=cause, over=over)
        await world.idle()
        engine.alerts.clear("k")
        await world.idle()
    assert len(box.got) == 2
    assert canary not in repr(box.got)
    assert repr(box.got).count("***") == 8, "four texts of the raise; title twice, detail and end of the other"
