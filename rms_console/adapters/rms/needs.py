"""Telling what a database lacks: the table or column, the setting that names it, and what comes near."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from rms_console.adapters.rms.names import FROM_EITHER, TAX, Columns, Names, is_own, nearest_column
from rms_console.domain.columns import WRONG_NAMES
from rms_console.errors import SourceSchemaChanged
from rms_console.locale import Sentence, sentence

_MISSING = "rms-schema"


@dataclass(frozen=True, slots=True)
class Needs:
    """Refuses what is not there. `tables`: what tables and views there are, asked only when one is missing."""

    names: Names
    tables: Callable[[], Sequence[str]]

    def require(self, table: str, columns: Columns, needed: tuple[str, ...]) -> None:
        """Return where a table has all columns that every read needs.

        Raises:
            SourceSchemaChanged: what is missing, and what comes near.
        """
        if not columns:
            raise self._no_table(table)
        lacking = [name for name in needed if name.casefold() not in columns]
        if lacking:
            is_set = any(self.names.columns.get(name) for name in lacking)
            raise SourceSchemaChanged(
                sentence(
                    "{table} lacks column {columns}" if len(lacking) == 1 else "{table} lacks columns {columns}",
                    table=table,
                    columns=", ".join(self.names.shown(name) for name in lacking),
                ),
                code=WRONG_NAMES if is_set else _MISSING,
                hint=self._advice(table, columns, lacking),
            )

    def require_named(self, item: Columns, view: Columns, configuration: Columns) -> None:
        """Return where every table and column that the settings name is there.

        Raises:
            SourceSchemaChanged: one is not.
        """
        if not configuration and self.names.configuration_table in self.names.of_tables:
            raise self._no_table(self.names.configuration_table)
        for ours, theirs in self.names.columns.items():
            table, columns = (self.names.item_table, item) if is_own(ours) else (self.names.view, view)
            if ours == TAX:
                table, columns = self.names.configuration_table, configuration
            found = columns.get(ours.casefold()) or (item.get(ours.casefold()) if ours in FROM_EITHER else None)
            if theirs and (found is None or found.name.casefold() != theirs.casefold()):
                raise SourceSchemaChanged(
                    sentence("{table} lacks column {columns}", table=table, columns=self.names.shown(ours)),
                    code=WRONG_NAMES,
                    hint=self._advice(table, columns, [ours]),
                )

    def _no_table(self, table: str) -> SourceSchemaChanged:
        keys = self.names.of_tables
        message = sentence("there is no table or view {table}", table=table)
        hint: Sentence = sentence(
            "check that rms.url or rms.database names the store's RMS database, and that the login sees the table"
        )
        near = get_close_matches(table.rpartition(".")[2].casefold(), _folded(self.tables()), n=1, cutoff=0.6)
        if near:
            hint = sentence(
                "the nearest it has is {nearest}: name it in rms.queries", nearest=_folded(self.tables())[near[0]]
            )
        if table in keys:
            message = sentence("there is no table or view {table} ({key})", table=table, key=keys[table])
        return SourceSchemaChanged(message, code=WRONG_NAMES if table in keys else _MISSING, hint=hint)

    def _advice(self, table: str, columns: Columns, lacking: Sequence[str]) -> Sentence:
        near = [
            f'{name} = "{nearest}"'
            for name in lacking
            if (nearest := nearest_column(self.names.columns.get(name) or name, columns))
        ]
        if near:
            return sentence(
                "the nearest that {table} has, to be written in rms.queries.columns: {lines}",
                table=table,
                lines=", ".join(near),
            )
        return sentence(
            "add them to {table} under exactly these names (case does not matter), or name the store's own in "
            "rms.queries.columns",
            table=table,
        )


def _folded(names: Sequence[str]) -> dict[str, str]:
    return {name.rpartition(".")[2].casefold(): name for name in names}
