"""RMS as a `Source`: finds its way in the store's database once, then reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from rms_console.adapters.rms.changes import ChangeReader, StampReader, VersionReader
from rms_console.adapters.rms.database import Database, PoolUse, Session
from rms_console.adapters.rms.detection import AUTO, choose_detection
from rms_console.adapters.rms.dialect import Dialect, PoolSettings
from rms_console.adapters.rms.items import chunks, read_items
from rms_console.adapters.rms.listing import ItemList
from rms_console.adapters.rms.rows import Selection, select_columns
from rms_console.adapters.rms.schema import Columns, Schema, read_schema
from rms_console.adapters.rms.sqlite import SqliteDialect
from rms_console.adapters.rms.store_clock import StoreClock, utc_now
from rms_console.domain.matching import ListedItem
from rms_console.domain.position import Detection, Position, format_stamp
from rms_console.domain.rows import ChangesRead, RowsRead, SourceFacts
from rms_console.errors import ConfigError, SourceSchemaChanged

_PRICES_INCLUDE_TAX = {1: True, 0: False}


def open_source(
    url: str,
    *,
    zone: str,
    detection: str = AUTO,
    overlap_s: float = 1800,
    pool_size: int = 10,
    pooling: bool = True,
    now: Callable[[], datetime] = utc_now,
) -> SqlSource:
    """Return the source for `rms.url`. Nothing is opened yet: the first read does that.

    Args:
        zone: IANA name of the store's time zone.
        detection: auto, rowversion or last_updated.
        now: the present instant, aware; for tests.

    Raises:
        ConfigError: the URL, the zone or the detection is not one we know.
    """
    if detection not in (AUTO, *Detection):
        raise ConfigError(f"rms.detection = {detection!r} is none of auto, rowversion, last_updated")
    dialect = _dialect(url, StoreClock(zone, now))
    return SqlSource(dialect, PoolSettings(pool_size, pooling), detection=detection, overlap_s=overlap_s)


def _dialect(url: str, clock: StoreClock) -> Dialect:
    try:
        parsed = make_url(url)
    except ArgumentError as exc:
        raise ConfigError("rms.url is not a database URL", hint="write sqlite:///folder/file.db") from exc
    if parsed.get_backend_name() != "sqlite":
        raise ConfigError(
            f"rms.url names {parsed.get_backend_name()}, which cannot be read", hint="write sqlite:///folder/file.db"
        )
    if not parsed.database or parsed.database == ":memory:":
        raise ConfigError("rms.url names no file", hint="write sqlite:///folder/file.db")
    return SqliteDialect(Path(parsed.database), clock)


@dataclass(frozen=True, slots=True)
class _Layout:
    """What was found out about the database, and the queries made for it."""

    schema: Schema
    detection: Detection
    reason: str
    changes: ChangeReader
    selection: Selection
    listing: ItemList


class SqlSource:
    """The `Source` port over SQL. Read-only; used by one thread at a time, any thread."""

    def __init__(self, dialect: Dialect, pool: PoolSettings, *, detection: str, overlap_s: float) -> None:
        self._dialect = dialect
        self._database = Database(dialect, pool)
        self._asked = detection
        self._overlap_s = overlap_s
        self._known: _Layout | None = None
        self._generation = 0

    def probe(self) -> SourceFacts:
        """Look at the database afresh.

        `taxes_included` comes from `Configuration.TaxSystem`: 1 is a store whose prices include VAT, 0 one that adds
        tax at the till.

        Source: public code of point-of-sale programs over RMS's own tables, which name 1 "tax included", read
        2026-11; Microsoft's pages say only that both systems exist.
        """
        with self._reading("looking at RMS") as session:
            layout = self._known = self._examine(session)
            return SourceFacts(
                description=self._dialect.describe(),
                detection=layout.detection,
                detection_reason=layout.reason,
                server_time=session.server_time(),
                stock_columns=layout.schema.stock_columns,
                missing_optional=layout.schema.missing_optional,
                taxes_included=self._taxes_included(session, layout.schema.configuration),
                identity=self._database.identity,
                highest=self._highest(session, layout.detection),
            )

    def starting_point(self, back_hours: float) -> Position:
        """Return the position from which everything stamped within the last `back_hours` will be read.

        By row version that is just below the lowest version among those rows. Where none is so young, or the
        database has no stamps at all, it is the highest version there is: what is older is the business of the first
        full comparison.
        """
        with self._reading("finding where to start") as session:
            layout = self._layout(session)
            since = format_stamp(session.server_time() - timedelta(hours=back_hours))
            if layout.detection is Detection.LAST_UPDATED:
                return Position(since, 0)
            first = self._first_version(session, layout.schema, since)
            if first is not None:
                return Position.of_version(first - 1)
            return self._highest(session, layout.detection) or Position.of_version(0)

    def read_changes(self, after: Position, limit: int) -> ChangesRead:
        """Return changed keys above `after`; see the readers in `changes` for what a page holds."""
        with self._reading("reading changes") as session:
            read = self._layout(session).changes.read(session, after, max(1, limit))
            return replace(read, identity=self._database.identity)

    def read_items(self, item_ids: Sequence[int]) -> RowsRead:
        """Return whole items, all as of one instant however many statements that takes."""
        with self._reading("reading items") as session:
            selection = self._layout(session).selection
            session.snapshot()
            return read_items(session, selection, item_ids, self._dialect.ids_per_statement)

    def item_ids(self, after_id: int, limit: int, web_only: bool) -> tuple[int, ...]:
        """Return ItemIDs above `after_id` in order.

        Raises:
            SourceSchemaChanged: `web_only`, and `Item` has no WebItem.
        """
        with self._reading("listing items") as session:
            mark = self._web_mark(self._layout(session).schema) if web_only else ""
            found = session.rows("item_ids", (("web_filter", mark),), after_id=after_id, row_limit=limit)
            return tuple(int(item_id) for (item_id,) in found)

    def missing(self, item_ids: Sequence[int]) -> frozenset[int]:
        """Return those of these ItemIDs that are no longer in `Item`, by its key alone."""
        only_id = (("columns", self._dialect.quote("ID")),)
        with self._reading("looking for deleted items") as session:
            found: set[int] = set()
            for ids in chunks(tuple(dict.fromkeys(item_ids)), self._dialect.ids_per_statement):
                found.update(int(item_id) for (item_id,) in session.rows("items", only_id, ids=ids))
        return frozenset(item_ids) - found

    def list_items(self, after_id: int, limit: int) -> tuple[ListedItem, ...]:
        with self._reading("listing items") as session:
            return self._layout(session).listing.page(session, after_id, limit)

    def find_items(self, styles: Sequence[str], skus: Sequence[str]) -> tuple[int, ...]:
        """Return the ItemIDs of styles and SKUs, whatever their padding and case.

        A SKU is looked up in the view and, where it is there, in `Item.ItemLookupCode`: an item that the view hides
        is found too.
        """
        with self._reading("finding items") as session:
            searches = [("find_by_style", styles), ("find_by_sku", skus)]
            if "itemlookupcode" in self._layout(session).schema.item:
                searches.append(("find_by_lookup_code", skus))
            found: set[int] = set()
            for name, texts in searches:
                for chunk in chunks(_folded(texts), self._dialect.ids_per_statement):
                    found.update(int(item_id) for (item_id,) in session.rows(name, texts=chunk))
        return tuple(sorted(found))

    def statements(self) -> int:
        return self._database.statements

    def pool_use(self) -> PoolUse:
        """Return how often an open connection could be used again."""
        return self._database.use()

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def _reading(self, what: str) -> Iterator[Session]:
        """Lend a session; forget what was known of the database when it was replaced or turned out to be different."""
        try:
            with self._database.session(what) as session:
                if self._generation != self._database.generation:
                    self._generation, self._known = self._database.generation, None
                yield session
        except SourceSchemaChanged:
            self._known = None
            raise

    def _layout(self, session: Session) -> _Layout:
        if self._known is None:
            self._known = self._examine(session)
        return self._known

    def _examine(self, session: Session) -> _Layout:
        """Find out what the database has. Readers keep their memory while nothing about it changed."""
        schema = read_schema(session)
        schema.check()
        known = self._known
        if known is not None and known.schema == schema:
            return known
        detection, reason = choose_detection(session, schema, self._asked)
        stamp, quote = self._dialect.statements["stamp"], self._dialect.quote
        return _Layout(
            schema,
            detection,
            reason,
            self._change_reader(schema, detection, stamp),
            select_columns(schema, detection, quote, stamp),
            ItemList(schema, quote, self._dialect.ids_per_statement),
        )

    def _change_reader(self, schema: Schema, detection: Detection, stamp: str) -> ChangeReader:
        sku = schema.item.get("itemlookupcode")
        slot = ("sku", "NULL" if sku is None else self._dialect.quote(sku))
        if detection is Detection.ROWVERSION:
            return VersionReader((slot,))
        return StampReader((slot, ("stamp", stamp)), self._dialect.clock, self._overlap_s)

    def _highest(self, session: Session, detection: Detection) -> Position | None:
        if detection is Detection.ROWVERSION:
            ((version,),) = session.rows("highest_version")
            return None if version is None else Position.of_version(int(version))
        found = session.rows("highest_stamp", self._stamp_slot)
        return Position(found[0][0], int(found[0][1])) if found else None

    def _first_version(self, session: Session, schema: Schema, since: str) -> int | None:
        if not schema.has_stamp:
            return None
        ((version,),) = session.rows("first_version_since", self._stamp_slot, since=since)
        return None if version is None else int(version)

    @property
    def _stamp_slot(self) -> tuple[tuple[str, str], ...]:
        return (("stamp", self._dialect.statements["stamp"]),)

    def _taxes_included(self, session: Session, configuration: Columns) -> bool | None:
        if "taxsystem" not in configuration:
            return None
        order = "ORDER BY StoreID" if "storeid" in configuration else ""
        for (system,) in session.rows("tax_system", (("order", order),)):
            return _PRICES_INCLUDE_TAX.get(int(system)) if isinstance(system, (int, float)) else None
        return None

    def _web_mark(self, schema: Schema) -> str:
        web = schema.item.get("webitem")
        if web is None:
            raise SourceSchemaChanged(
                "Item has no column WebItem, so that web items cannot be told from others",
                hint='set scope.create to something else than "web_item"',
            )
        return f"AND {self._dialect.quote(web)} <> 0"


def _folded(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.strip().casefold() for text in texts if text.strip()))
