"""The pages by name; each module is one page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rms_console.tui.keys import Act
from rms_console.tui.screens.activity import ActivityPage
from rms_console.tui.screens.alerts import AlertsPage
from rms_console.tui.screens.help import HelpPage
from rms_console.tui.screens.holds import HoldsPage
from rms_console.tui.screens.journal import JournalPage
from rms_console.tui.screens.links import LinksPage
from rms_console.tui.screens.lock import LockPage
from rms_console.tui.screens.logs import LogsPage
from rms_console.tui.screens.overview import OverviewPage
from rms_console.tui.screens.page import Page
from rms_console.tui.screens.performance import PerformancePage
from rms_console.tui.screens.queue import QueuePage
from rms_console.tui.screens.sales import SalesPage
from rms_console.tui.screens.settings import SettingsPage

if TYPE_CHECKING:
    from textual.screen import Screen

PAGES: Final[dict[str, type[Page]]] = {
    page.NAME: page
    for page in (
        OverviewPage,
        ActivityPage,
        QueuePage,
        LogsPage,
        LockPage,
        LinksPage,
        PerformancePage,
        HoldsPage,
        SalesPage,
        AlertsPage,
        SettingsPage,
        JournalPage,
    )
}


def own_acts() -> list[Act]:
    """Return the actions that belong to single pages."""
    return [act for page in PAGES.values() for act in page.ACTS]


def help_page(screen: Screen[object]) -> HelpPage:
    """Return the help for what is on top."""
    return HelpPage(screen.NAME, screen.ACTS) if isinstance(screen, Page) else HelpPage("", ())
