"""The check against a real store file and a real (embedded) shop, whole and broken in one place after the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from rms_console.contract.check import CheckReport, FolderFacts, Level
from rms_console.contract.settings import EngineSettings
from rms_console.demo.shopify import Fault, FaultKind, RequestInfo, ShopSettings
from rms_console.domain.policy import TaxMode
from rms_console.engine.checking import Checking, judge_folder
from tests.engine.conftest import Make
from tests.engine.world import SETTINGS, World, shoes, tuned, with_policy
from tests.engine_adopt.adopting import adopt
from tests.engine_adopt.merchant import Merchant, family

DOLLARS = ShopSettings(locations=("Bodega",), currency="USD", capacity_points=100_000.0)
GOOD_FOLDER = FolderFacts("/state", True, False, "ext4", 50 << 30)


async def checked(world: World, settings: EngineSettings = SETTINGS) -> CheckReport:
    await world.start(settings)
    checking = Checking(world.engine.deps, settings)
    return await world.run(checking.run({"state": GOOD_FOLDER}, iter(())))


def levels(report: CheckReport) -> dict[str, Level]:
    return {finding.code: finding.level for finding in report.findings}


def failing_on(field: str) -> Callable[[RequestInfo], Fault | None]:
    return lambda info: Fault(FaultKind.STATUS, status=500) if field in info.root_fields else None


def what(report: CheckReport, code: str, language: str = "en") -> str:
    """Return the words of a finding, message and hint."""
    return " ".join(next(finding for finding in report.findings if finding.code == code).told(language))


async def test_a_sound_store_and_shop_pass_without_a_warning(make: Make) -> None:
    world = make(shop=DOLLARS)
    world.store.add(shoes(1))
    report = await checked(world)
    assert report.passed
    assert {code for code, level in levels(report).items() if level is not Level.OK} == set()
    assert levels(report).keys() >= {"rms", "columns", "detection", "rms-clock", "poll-time", "view-time", "shop"}
    assert levels(report).keys() >= {"api-version", "scopes", "locations", "tax", "max-price", "products"}
    assert report.strangers == 0


async def test_the_check_writes_nothing(make: Make) -> None:
    world = make(shop=DOLLARS)
    world.store.add(shoes(1))
    before = world.shop.dump()
    await checked(world)
    assert world.mutations() == 0
    assert world.shop.dump() == before
    assert not world.entries()


async def test_every_finding_is_told_in_both_languages(make: Make) -> None:
    world = make(shop=dataclasses.replace(DOLLARS, currency="CRC", locations=("Bodega", "Centro")))
    world.store.add(shoes(1))
    for finding in (await checked(world)).findings:
        english, spanish = finding.told("en"), finding.told("es")
        assert "{" not in "".join(english + spanish)
        assert spanish != english, finding
        assert bool(finding.hint) or finding.level is Level.OK


async def test_strangers_are_the_products_that_nobody_linked(world: World) -> None:
    merchant = Merchant(world.shop)
    world.store.add(shoes(2))
    merchant.make("A mano", family(1, 1))
    merchant.make("Otro", family(2, 1))
    assert (await checked(world)).strangers == 2
    await adopt(world)
    assert (await world.run(Checking(world.engine.deps, SETTINGS).run({}, iter(())))).strangers == 0


async def test_w15_a_missing_scope_fails_and_is_named(make: Make) -> None:
    world = make(shop=dataclasses.replace(DOLLARS, scopes=("read_products", "write_products", "read_locations")))
    world.store.add(shoes(1))
    report = await checked(world)
    assert not report.passed
    assert "read_inventory, write_inventory" in what(report, "scopes-missing")


async def test_w13_another_version_than_asked_for_fails(make: Make) -> None:
    """W13: Shopify falls forward in silence; the check does not."""
    world = make(shop=DOLLARS)
    world.store.add(shoes(1))
    world.shop.supported_versions = ("2027-01", "2027-04")
    report = await checked(world)
    assert levels(report)["api-version"] is Level.FAIL
    assert "2027-01" in what(report, "api-version")


async def test_w14_a_revoked_token_fails_and_rms_is_looked_at_all_the_same(make: Make) -> None:
    """W14: one end that refuses does not hide what there is to say of the other."""
    world = make(shop=DOLLARS)
    world.store.add(shoes(1))
    world.shop.tokens.revoke_all()
    report = await checked(world)
    assert not report.passed
    assert levels(report)["shop-token"] is Level.FAIL
    assert levels(report)["rms"] is Level.OK
    assert report.strangers is None


async def test_a_missing_column_fails_with_its_name(world: World) -> None:
    world.store.execute("DROP VIEW View_Items; CREATE VIEW View_Items AS SELECT ID AS ItemID FROM Item")
    report = await checked(world)
    assert not report.passed
    assert "CCOD" in what(report, "rms-schema")
    assert levels(report)["shop"] is Level.OK


async def test_columns_that_are_not_needed_are_missed_with_a_warning(make: Make) -> None:
    world = make(shop=DOLLARS)
    world.store.add(shoes(1))
    world.store.execute(
        "DROP VIEW View_Items; CREATE VIEW View_Items AS SELECT ID AS ItemID, ItemLookupCode AS C_ARTICULO, "
        "Description, Price, Quantity, color, size AS talla, style AS CCOD FROM Item"
    )
    report = await checked(world)
    assert report.passed
    assert "View_Items.Weight" in what(report, "columns")


async def test_an_empty_store_is_told(make: Make) -> None:
    assert levels(await checked(make(shop=DOLLARS)))["rms-empty"] is Level.WARN


async def test_several_locations_without_a_mapping_are_told_with_the_assumption(make: Make) -> None:
    world = make(shop=dataclasses.replace(DOLLARS, locations=("Bodega", "Centro")))
    world.store.add(shoes(1))
    report = await checked(world)
    assert report.passed
    assert "Exis00 -> Bodega, Exis57 -> Centro" in what(report, "locations")
    assert "mapping.locations" in what(report, "locations", "es")


async def test_a_location_that_the_shop_does_not_have_fails(world: World) -> None:
    world.store.add(shoes(1))
    place = "gid://shopify/Location/77"
    report = await checked(world, with_policy(mapping={"locations": {"Exis00": place}}))
    assert not report.passed
    assert place in what(report, "config-invalid")
    assert "sucursal" in what(report, "config-invalid", "es")


@pytest.mark.parametrize(("channel", "level"), [(None, Level.OK), ("gid://shopify/Publication/9", Level.FAIL)])
async def test_channels_must_exist(make: Make, channel: str | None, level: Level) -> None:
    world = make(shop=DOLLARS)
    world.store.add(shoes(1))
    there = next(iter(world.shop.state.publications.values())).id
    report = await checked(world, with_policy(mapping={"publications": (channel or there,)}))
    assert levels(report)["publications"] is level
    assert "Online Store" in what(report, "publications")


async def test_the_token_of_another_shop_fails(make: Make) -> None:
    world = make(shop=DOLLARS)
    world.store.add(shoes(1))
    report = await checked(world, tuned(SETTINGS, shop="another.myshopify.com"))
    assert levels(report)["shop"] is Level.FAIL


async def test_tax_that_would_be_counted_twice_fails(make: Make) -> None:
    world = make(shop=DOLLARS)
    world.store.add(shoes(1))
    report = await checked(world, with_policy(mapping={"tax": TaxMode.ADD}))
    assert levels(report)["tax-twice"] is Level.FAIL


async def test_the_highest_price_is_doubted_in_colones(make: Make) -> None:
    world = make(shop=dataclasses.replace(DOLLARS, currency="CRC"))
    world.store.add(shoes(1))
    assert levels(await checked(world))["max-price"] is Level.WARN


async def test_what_the_shop_answers_with_in_trouble_is_a_finding_not_a_crash(make: Make) -> None:
    world = make(shop=DOLLARS)
    world.store.add(shoes(1))
    world.shop.faults = failing_on("currentAppInstallation")
    report = await checked(world)
    assert not report.passed
    assert levels(report)["shop"] is Level.OK


@pytest.mark.parametrize(
    ("changes", "holds", "level"),
    [
        ({}, "state", Level.OK),
        ({"is_writable": False}, "state", Level.FAIL),
        ({"is_network": True, "file_system": "nfs4"}, "state", Level.FAIL),
        ({"is_network": True, "file_system": "nfs4"}, "log", Level.OK),
        ({"free_bytes": 99 << 20}, "state", Level.FAIL),
        ({"free_bytes": 101 << 20}, "state", Level.WARN),
        ({"free_bytes": 1 << 30}, "log", Level.OK),
    ],
)
def test_folders(changes: dict[str, Any], holds: str, level: Level) -> None:
    (found,) = judge_folder(holds, dataclasses.replace(GOOD_FOLDER, **changes))
    assert (found.level, found.code) == (level, f"{holds}-folder")
