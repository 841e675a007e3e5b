"""RMS as a `Source`: finds its way in the store's database once, then reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from rms_console.adapters.rms.database import Database, Session
from rms_console.adapters.rms.detection import AUTO
from rms_console.adapters.rms.dialect import Dialect, PoolSettings
from rms_console.adapters.rms.errors import BAD_ROW, LOCKED
from rms_console.adapters.rms.items import chunks, isolate_bad_rows, read_items
from rms_console.adapters.rms.layout import Layout, examine
from rms_console.adapters.rms.looking import look_at_item
from rms_console.adapters.rms.movements import Movements
from rms_console.adapters.rms.names import Names
from rms_console.adapters.rms.sqlite import SqliteDialect
from rms_console.adapters.rms.sqltext import describe_sql
from rms_console.adapters.rms.store_clock import StoreClock, utc_now
from rms_console.contract.movement_port import Movement
from rms_console.contract.ports import PoolUse
from rms_console.domain.columns import SqlFacts
from rms_console.domain.findings import Finding
from rms_console.domain.matching import ListedItem
from rms_console.domain.position import Detection, Position, format_stamp
from rms_console.domain.probing import Look
from rms_console.domain.rows import ChangesRead, RowsRead, SourceFacts
from rms_console.errors import ConfigError, SourceSchemaChanged, SourceUnavailable
from rms_console.locale import mark

_PRICES_INCLUDE_TAX = {1: True, 0: False}


def open_source(
    url: str,
    *,
    zone: str,
    detection: str = AUTO,
    overlap_s: float = 1800,
    pool_size: int = 10,
    pooling: bool = True,
    names: Names | None = None,
    now: Callable[[], datetime] = utc_now,
) -> SqlSource:
    """Return the source for `rms.url`. Nothing is opened yet: the first read does that.

    Args:
        zone: IANA name of the store's time zone.
        detection: auto, rowversion or last_updated.
        names: the store's own names of tables and columns.
        now: the present instant, aware; for tests.

    Raises:
        ConfigError: the URL, the zone or the detection is not one we know.
    """
    check_detection(detection)
    dialect = _dialect(url, StoreClock(zone, now))
    return SqlSource(
        dialect, PoolSettings(pool_size, pooling), detection=detection, overlap_s=overlap_s, names=names or Names()
    )


def check_detection(detection: str) -> None:
    """Raises ConfigError unless the detection is one we know."""
    if detection not in (AUTO, *Detection):
        raise ConfigError(f"rms.detection = {detection!r} is none of auto, rowversion, last_updated")


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


class SqlSource:
    """The `Source` port over SQL. Read-only; used by one thread at a time, any thread."""

    def __init__(
        self, dialect: Dialect, pool: PoolSettings, *, detection: str, overlap_s: float, names: Names | None = None
    ) -> None:
        self._dialect = dialect
        self._names = names or Names()
        self._database = Database(dialect, pool)
        self._asked = detection
        self._overlap_s = overlap_s
        self._movements = Movements(self._database)
        self._known: Layout | None = None
        self._generation = 0

    def probe(self) -> SourceFacts:
        """Look at the database afresh.

        `taxes_included` comes from `Configuration.TaxSystem`: 1 is a store whose prices include VAT, 0 one that adds
        tax at the till.

        Source: public code of point-of-sale programs over RMS's own tables, which name 1 "tax included", read
        2026-11; Microsoft's pages say only that both systems exist.
        """
        with self._reading(mark("looking at RMS")) as session:
            layout = self._known = self._examine(session)
            about = session.about()
            return SourceFacts(
                description=about.description,
                detection=layout.detection,
                detection_reason=layout.reason,
                server_time=session.server_time(),
                stock_columns=layout.schema.stock_columns,
                missing_optional=layout.schema.missing_optional,
                taxes_included=_taxes_included(session, layout),
                identity=self._database.identity,
                highest=_highest(session, layout),
                encryption=about.encryption,
                utc_offset_minutes=about.utc_offset_minutes,
                absent=layout.schema.absent,
                versions_serve=layout.versions_serve,
            )

    def permissions(self) -> tuple[Finding, ...]:
        """Return what the login may do and how well the connection is protected; nothing where a file is read.

        The server is asked, nothing is tried out. Works also where the tables cannot be read.
        """
        with self._reading(mark("looking at permissions")) as session:
            table = self._dialect.table
            return session.findings(table(self._names.item_table), table(self._names.view))

    def starting_point(self, back_hours: float) -> Position:
        """Return the position from which everything stamped within the last `back_hours` will be read.

        By row version that is just below the lowest version among those rows. Where none is so young, or the
        database has no stamps at all, it is the highest version there is: what is older is the business of the first
        full comparison. It never lies above what a transaction still holds open.
        """
        with self._reading("finding where to start") as session:
            layout = self._layout(session)
            since = format_stamp(session.server_time() - timedelta(hours=back_hours))
            if layout.detection is Detection.LAST_UPDATED:
                return Position(since, 0)
            limit = session.version_limit()
            first = _first_version(session, layout, since)
            start = (_highest(session, layout) or Position.of_version(0)).number if first is None else first - 1
            return Position.of_version(start if limit is None else min(start, limit))

    def read_changes(self, after: Position, limit: int) -> ChangesRead:
        """Return changed keys above `after`; see the readers in `changes` for what a page holds.

        While another program holds rows locked for longer than we wait, the others are handed over all the same, and
        the watermark stays.
        """
        try:
            with self._reading(mark("reading changes")) as session:
                read = self._layout(session).changes.read(session, after, max(1, limit))
        except SourceUnavailable as locked:
            if locked.code != LOCKED or not self._dialect.passes_locks:
                raise
            with self._reading(mark("reading changes past locked rows")) as session:
                read = self._layout(session).changes.read_past_locks(session, after)
        return replace(read, identity=self._database.identity)

    def read_items(self, item_ids: Sequence[int]) -> RowsRead:
        """Return whole items, all as of one instant however many statements that takes.

        One whose values make the view fail is set aside as unreadable; the others are read without it.
        """
        return isolate_bad_rows(self._read_items, item_ids, self._names.view)

    def _read_items(self, item_ids: Sequence[int]) -> RowsRead:
        with self._reading(mark("reading items")) as session:
            selection = self._layout(session).selection
            session.snapshot()
            return read_items(session, selection, item_ids, self._dialect.ids_per_statement)

    def item_ids(self, after_id: int, limit: int, web_only: bool) -> tuple[int, ...]:
        """Return ItemIDs above `after_id` in order.

        Raises:
            SourceSchemaChanged: `web_only`, and `Item` has no WebItem.
        """
        with self._reading("listing items") as session:
            layout = self._layout(session)
            slots = (*layout.slots, ("web_filter", self._web_mark(layout) if web_only else ""))
            found = session.rows("item_ids", slots, after_id=after_id, row_limit=limit)
            return tuple(int(item_id) for (item_id,) in found)

    def missing(self, item_ids: Sequence[int]) -> frozenset[int]:
        """Return those of these ItemIDs that are no longer in `Item`, by its key alone."""
        with self._reading(mark("looking for deleted items")) as session:
            slots = self._layout(session).slots
            only_id = (*slots, ("columns", dict(slots)["id"]))
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
            layout = self._layout(session)
            if "itemlookupcode" in layout.schema.item:
                searches.append(("find_by_lookup_code", skus))
            found: set[int] = set()
            for name, texts in searches:
                for chunk in chunks(self._searched(texts), self._dialect.ids_per_statement):
                    found.update(int(item_id) for (item_id,) in session.rows(name, layout.slots, texts=chunk))
        return tuple(sorted(found))

    def sql_facts(self) -> SqlFacts:
        """Return the columns that are read, those that are not there, and the SQL text that reads them."""
        with self._reading(mark("looking at RMS")) as session:
            return describe_sql(self._layout(session), self._dialect)

    def look_at(self, item_id: int) -> Look:
        """Return one item as it stands, stamps and all, for a probe."""
        with self._reading(mark("reading items")) as session:
            layout = self._layout(session)
            return look_at_item(session, layout, self._dialect, item_id, self._dialect.clock.local())

    def movements(self, item_ids: Sequence[int], since: datetime) -> tuple[Movement, ...]:
        return self._movements.latest(item_ids, since)

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
        except SourceSchemaChanged as exc:
            if exc.code != BAD_ROW:
                self._known = None
            raise

    def _layout(self, session: Session) -> Layout:
        if self._known is None:
            self._known = self._examine(session)
        return self._known

    def _examine(self, session: Session) -> Layout:
        return examine(session, self._dialect, self._names, self._asked, self._overlap_s, self._known)

    def _searched(self, texts: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._dialect.search_value(text) for text in texts if text.strip()))

    def _web_mark(self, layout: Layout) -> str:
        web = layout.schema.item.get("webitem")
        if web is None:
            raise SourceSchemaChanged(
                f"{self._names.item_table} has no column WebItem, so that web items cannot be told from others",
                hint='set scope.create to something else than "web_item"',
            )
        return f"AND {self._dialect.quote(web.name)} <> 0"


def _highest(session: Session, layout: Layout) -> Position | None:
    if layout.detection is Detection.ROWVERSION:
        ((version,),) = session.rows("highest_version", layout.slots)
        return None if version is None else Position.of_version(int(version))
    found = session.rows("highest_stamp", layout.slots)
    return Position(found[0][0], int(found[0][1])) if found else None


def _first_version(session: Session, layout: Layout, since: str) -> int | None:
    if not layout.schema.has_stamp:
        return None
    ((version,),) = session.rows("first_version_since", layout.slots, since=session.stamp(since))
    return None if version is None else int(version)


def _taxes_included(session: Session, layout: Layout) -> bool | None:
    configuration = layout.schema.configuration
    if "taxsystem" not in configuration:
        return None
    order = "ORDER BY StoreID" if "storeid" in configuration else ""
    for (system,) in session.rows("tax_system", (*layout.slots, ("order", order))):
        return _PRICES_INCLUDE_TAX.get(int(system)) if isinstance(system, (int, float)) else None
    return None
