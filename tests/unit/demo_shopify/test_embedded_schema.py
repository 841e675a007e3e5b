from __future__ import annotations

import subprocess
import sys
from importlib.resources import files

import pytest
from graphql import GraphQLObjectType

from rms_console.demo.shopify.execute import shop_schema
from rms_console.demo.shopify.prune import HEADER, MUTATIONS, QUERIES
from rms_console.demo.shopify.schema import bare_schema, error_codes

FOLDER = files("rms_console.demo.shopify")


def test_every_promised_root_field_is_in_the_schema_and_has_a_resolver() -> None:
    schema = shop_schema()
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    assert set(schema.query_type.fields) == set(QUERIES)
    assert set(schema.mutation_type.fields) == set(MUTATIONS)
    for root in (schema.query_type, schema.mutation_type):
        modules = {field.resolve.__module__ for field in root.fields.values() if field.resolve}
        assert all("queries" in name or "mutations" in name for name in modules), modules


@pytest.mark.parametrize("name", ["AccessScope", "ResourcePublicationV2", "MetafieldDefinitionType", "Weight", "Count"])
def test_the_types_that_an_engine_reads_are_kept(name: str) -> None:
    assert isinstance(bare_schema().type_map[name], GraphQLObjectType)


def test_the_licence_notice_travels_with_the_schema() -> None:
    text = FOLDER.joinpath("admin.graphql").read_text(encoding="utf-8")
    assert text.startswith(HEADER)
    assert "ISC" in HEADER
    licence = FOLDER.joinpath("LICENSE-ISC-Shopify.txt").read_text(encoding="utf-8")
    assert "Shopify Inc." in licence
    assert "Permission to use, copy, modify" in licence


def test_one_of_inputs_kept_their_directive() -> None:
    text = FOLDER.joinpath("admin.graphql").read_text(encoding="utf-8")
    assert "input ProductSetIdentifiers @oneOf" in text


def test_codes_of_older_versions_are_known_beside_those_of_the_newest() -> None:
    assert "ITEM_NOT_STOCKED_AT_LOCATION" in error_codes("InventorySetQuantitiesUserErrorCode")
    assert "CHANGE_FROM_QUANTITY_STALE" in error_codes("InventorySetQuantitiesUserErrorCode")


def test_building_the_schema_in_a_new_process_takes_under_half_a_second() -> None:
    script = (
        "import time; from rms_console.demo.shopify.execute import shop_schema\n"
        "start = time.process_time(); shop_schema(); print(time.process_time() - start)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 0.5
