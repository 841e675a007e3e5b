"""`check --sql`, and what `check` and the settings say of names: from the entry point."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.site import Site


def named(site: Site, lines: str) -> None:
    site.configure(f"\n[rms.queries]\n{lines}\n")


def test_check_shows_the_sql_that_runs_and_asks_no_shop(site: Site) -> None:
    site.configure(origin="http://127.0.0.1:9")
    ran = site.inside("check", "--sql")
    assert (ran.code, ran.err) == (0, "")
    assert "-- changes_by_version: which items changed" in ran.out
    assert "FROM `Item`" in ran.out
    assert "View_Items.C_ARTICULO" in ran.out


def test_its_json_names_columns_and_statements(site: Site) -> None:
    site.store.execute(
        "DROP VIEW View_Items; CREATE VIEW Vista AS SELECT ID AS ItemID, ItemLookupCode AS C_ARTICULO, "
        "Description, Price, Quantity, color, size AS talla, style AS Modelo, 0.5 AS Wieght FROM Item"
    )
    named(site, 'view = "Vista"\ncolumns = { CCOD = "Modelo", UPC = "" }')
    ran = site.inside("check", "--sql", "--json")
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    used = {one["name"]: f"{one['table']}.{one['column']}" for one in told["columns"]}
    assert used["CCOD"] == "Vista.Modelo"
    assert "UPC" not in used
    absent = {one["name"]: one for one in told["absent"]}
    assert absent["UPC"]["declared"] is True
    assert absent["Weight"]["nearest"] == "Wieght"
    assert absent["Weight"]["effect"]
    statements = {one["name"]: one["sql"] for one in told["statements"]}
    assert "`Modelo` AS `CCOD`" in statements["view_rows"]
    assert "FROM `Vista`" in statements["view_rows"]


def test_stamps_have_statements_of_their_own(site: Site) -> None:
    text = site.config.read_text(encoding="utf-8").replace("overlap_s = 60", 'detection = "last_updated"')
    site.config.write_text(text, encoding="utf-8")
    out = site.inside("check", "--sql", lang="es").out
    assert "-- changes_from_stamp: qué artículos cambiaron" in out
    assert "changes_by_version" not in out


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('columns = { CCOD = "Modelos" }', ["View_Items lacks column Modelos", "columns.CCOD"]),
        ('view = "View_Itemz"', ["no table or view View_Itemz", "View_Items"]),
    ],
)
@pytest.mark.parametrize("command", [("check",), ("check", "--sql"), ("probe", "--item", "11"), ("plan",)])
def test_a_name_that_the_database_lacks_is_wrong_use_with_its_line(
    site: Site, lines: str, words: list[str], command: tuple[str, ...]
) -> None:
    named(site, lines)
    ran = site.inside(*command)
    assert ran.code == 2
    flat = " ".join((ran.out + ran.err).split())
    assert all(word in flat for word in words), flat
    number = site.config.read_text(encoding="utf-8").splitlines().index(lines) + 1
    assert f"console.toml:{number}" in flat


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('columns = { CCODD = "Modelo" }', "did you mean CCOD?"),
        ('columns = { CCOD = "" }', "nothing works without it"),
        ('columns = { UPC = "x; DROP" }', "no name of a table or column"),
        ('view = "a.b.c.d"', "no name of a table or column"),
    ],
)
def test_a_setting_that_can_be_no_name_starts_nothing(site: Site, lines: str, words: str) -> None:
    named(site, lines)
    ran = site.inside("check")
    assert ran.code == 2
    assert words in ran.err
    assert "console.toml:" in ran.err
    assert "rms.queries." in ran.err


def test_five_locations_reach_five_places(site: Site) -> None:
    site.store.execute(
        "DROP VIEW View_Items; CREATE VIEW View_Items AS SELECT ID AS ItemID, ItemLookupCode AS C_ARTICULO, "
        "Description, Price, Quantity, color, size AS talla, style AS CCOD, 1 AS Norte, 2 AS Sur, 3 AS Exis00, "
        "4 AS Exis57, 5 AS Este FROM Item"
    )
    named(site, 'columns = { Exis01 = "Norte", Exis02 = "Sur", Exis03 = "Este" }')
    told = json.loads(site.inside("check", "--sql", "--json").out)
    stock = {one["name"]: one["column"] for one in told["columns"] if one["name"].startswith("Exis")}
    assert stock == {"Exis00": "Exis00", "Exis01": "Norte", "Exis02": "Sur", "Exis03": "Este", "Exis57": "Exis57"}
