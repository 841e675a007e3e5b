"""The pages by name, each loaded when it is opened first: the console must be on the screen at once."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final

from rms_console.tui.keys import Act
from rms_console.tui.screens.page import Page

if TYPE_CHECKING:
    from textual.screen import Screen

PAGES: Final = {
    "overview": "OverviewPage",
    "activity": "ActivityPage",
    "queue": "QueuePage",
    "logs": "LogsPage",
    "lock": "LockPage",
    "links": "LinksPage",
    "performance": "PerformancePage",
    "holds": "HoldsPage",
    "sales": "SalesPage",
    "alerts": "AlertsPage",
    "settings": "SettingsPage",
    "journal": "JournalPage",
    "diagnosis": "DiagnosisPage",
    "drift": "DriftPage",
}
"""Name of a page, which is that of its module too -> its class."""


def page_class(name: str) -> type[Page]:
    """Return the class of a page."""
    found: type[Page] = getattr(import_module(f"rms_console.tui.screens.{name}"), PAGES[name])
    return found


def own_acts() -> list[Act]:
    """Return the actions that belong to single pages, those that lie behind a row among them."""
    return [act for acts in acts_by_page().values() for act in acts]


def acts_by_page() -> dict[str, Sequence[Act]]:
    """Return the actions of single pages by the page's name, those that lie behind a row among them."""
    from rms_console.tui.screens.cycle import CyclePage, RunLogPage
    from rms_console.tui.screens.handbook import ChapterPage
    from rms_console.tui.screens.product import ProductPage

    behind: tuple[type[Page], ...] = (CyclePage, RunLogPage, ProductPage, ChapterPage)
    return {page.NAME: page.ACTS for page in (*map(page_class, PAGES), *behind)}


def help_page(screen: Screen[object]) -> Page:
    """Return the help for what is on top."""
    from rms_console.tui.screens.help import HelpPage

    return HelpPage(screen.ACTS if isinstance(screen, Page) else ())
