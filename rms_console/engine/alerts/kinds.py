"""The one table of alerts: what each is called, how urgent it is, what is likely behind it, and what a person does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rms_console.engine.alerts.book import CRITICAL, INFO, WARN
from rms_console.locale import mark


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of alert. The texts are templates; what an alert knows better replaces them."""

    name: str
    severity: str
    title: str
    what_to_do: str
    cause: str = ""
    over: str = ""
    """What its end is called."""
    outlives: bool = True
    """Whether it may still be so after a restart; else it ends with the process that raised it."""
    is_logged: bool = False
    """Whether whoever raises it writes a line of its own to the log."""


MOTOR_STOPPED: Final = "motor_stopped"
CONSECUTIVE_ERRORS: Final = "consecutive_errors"
PERFORMANCE: Final = "performance"
CONNECTION_RMS: Final = "connection_rms"
CONNECTION_SHOPIFY: Final = "connection_shopify"
NOT_WORKING: Final = "not_working"
ORPHAN_LOCK: Final = "orphan_lock"
LOCK_SKIPPED: Final = "lock_skipped"
MEMORY: Final = "memory"
OLDEST_UNSENT: Final = "oldest_unsent"
API_VERSION: Final = "api_version"
TOKEN_EXPIRING: Final = "token_expiring"
DRIFT: Final = "drift"
RUN_TOO_LONG: Final = "run_too_long"
NOT_AS_SENT: Final = "not_as_sent"
PAUSED: Final = "paused"
QUARANTINE_GREW: Final = "quarantine_grew"
HELD: Final = "held"
CONSOLE_LOST: Final = "console_lost"
API_NOT_SERVED: Final = "api_not_served"
NOT_DELIVERED: Final = "alert_not_delivered"

WORKS_AGAIN: Final = mark("The sync works again")

_ALL: Final = (
    Kind(
        MOTOR_STOPPED,
        CRITICAL,
        mark("The sync engine has stopped"),
        mark("Look at the log and at the connections"),
        over=WORKS_AGAIN,
    ),
    Kind(
        CONSECUTIVE_ERRORS,
        CRITICAL,
        mark("Runs fail again and again"),
        mark("Look at the log: it says of each run why it failed"),
        over=WORKS_AGAIN,
    ),
    Kind(
        PERFORMANCE,
        WARN,
        mark("The sync is slower than usual"),
        mark("Look at the figures of the system and of the connections"),
        cause=mark("High load on RMS, on Shopify or on this machine"),
        over=mark("The sync is as fast as usual again"),
    ),
    Kind(
        CONNECTION_RMS,
        CRITICAL,
        mark("RMS does not answer"),
        mark("Check the database server, the network and the login; it is tried again by itself"),
        cause=mark("The database server is off, or the network to it is down"),
        over=mark("RMS answers again"),
    ),
    Kind(
        CONNECTION_SHOPIFY,
        CRITICAL,
        mark("Shopify does not answer"),
        mark("Check this machine's way to the internet and Shopify's status page; it is tried again by itself"),
        cause=mark("The network is down, or Shopify is in trouble"),
        over=mark("Shopify answers again"),
    ),
    Kind(
        NOT_WORKING,
        CRITICAL,
        mark("Nothing is synced"),
        mark("Look at the log; the engine goes on trying by itself"),
        over=WORKS_AGAIN,
    ),
    Kind(
        ORPHAN_LOCK,
        WARN,
        mark("A lock was left behind"),
        mark("Nothing to do where this engine works; else release the lock"),
        cause=mark("The process that held it was killed, or the machine lost its power"),
        over=mark("The lock that was left behind is gone"),
    ),
    Kind(
        LOCK_SKIPPED,
        CRITICAL,
        mark("Runs are skipped: somebody else holds the lock"),
        mark("Find the other engine of this shop and stop one of the two"),
        cause=mark("A second engine works on this shop"),
        over=mark("This engine has the lock again"),
    ),
    Kind(
        MEMORY,
        WARN,
        mark("Memory is running short"),
        mark("Close what else runs on this machine; if it keeps growing, start the engine again and report it"),
        over=mark("There is enough memory again"),
    ),
    Kind(
        OLDEST_UNSENT,
        WARN,
        mark("A change waits too long for the shop"),
        mark("Look at the queue, and at what bounds the pace"),
        cause=mark("More changes come than the shop takes, or one of them fails again and again"),
        over=mark("The changes reach the shop in time again"),
    ),
    Kind(
        API_VERSION,
        WARN,
        mark("The version of Shopify's API needs care"),
        mark("Set a newer shopify.api_version, and run `rms-console check`"),
        over=mark("The version of Shopify's API is well again"),
    ),
    Kind(
        TOKEN_EXPIRING,
        CRITICAL,
        mark("The shop's access token is about to end"),
        mark("Check shopify.client_id and shopify.client_secret, and that the app is installed"),
        over=mark("The shop's access token was renewed"),
    ),
    Kind(
        DRIFT,
        WARN,
        mark("Changes in RMS were missed"),
        mark("Nothing to do for these: they are queued. Find out what writes to RMS without stamping its rows"),
        cause=mark("A program changes rows without their stamp, by SQL or an import"),
        over=mark("No change in RMS is missed any more"),
    ),
    Kind(
        RUN_TOO_LONG,
        INFO,
        mark("A run cannot end before the next one is due"),
        mark("Nothing is lost: the next run takes what is new. If it is so each time, look at what bounds the pace"),
        cause=mark("Many changes at once, or a pace that the settings hold down"),
        over=mark("The long run has ended"),
        outlives=False,
    ),
    Kind(
        NOT_AS_SENT,
        WARN,
        mark("The shop does not hold what was sent"),
        mark("Nothing to do where it is mended by itself: the product is compared now; else look at it in the shop"),
        cause=mark("Somebody changed it in the shop by hand, another app did, or a write was lost"),
        over=mark("What is read back from the shop is as it was sent again"),
    ),
    Kind(
        PAUSED,
        WARN,
        mark("Still paused"),
        mark("Resume when the reason is gone: changes are queued, none reaches the shop"),
        over=mark("No longer paused"),
    ),
    Kind(
        QUARANTINE_GREW,
        WARN,
        mark("Items were set aside"),
        mark("The queue says of each what is wrong: mend it in RMS, or dismiss it"),
        over=mark("No item is set aside any more"),
    ),
    Kind(
        HELD,
        WARN,
        mark("Changes wait for your yes"),
        mark("Look at each before and after in the holds, then approve or reject"),
        cause=mark("They looked like an accident: an import, a decimal point, a view that lost rows"),
        over=mark("No change waits for a yes any more"),
    ),
    Kind(
        CONSOLE_LOST,
        INFO,
        mark("The console was lost"),
        mark("Nothing to do for the sync: it goes on. Open the console again to watch it"),
        over=mark("A console is open again"),
        outlives=False,
        is_logged=True,
    ),
    Kind(
        API_NOT_SERVED,
        CRITICAL,
        mark("The control API is not served"),
        mark("Free the port, or set another one as api.port; the sync itself goes on"),
        over=mark("The control API is served again"),
        outlives=False,
        is_logged=True,
    ),
    Kind(
        NOT_DELIVERED,
        WARN,
        mark("Alerts cannot be delivered"),
        mark("Mend it in the settings, then try `rms-console alerts test`"),
        over=mark("Alerts are delivered again"),
    ),
)

KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in _ALL}
