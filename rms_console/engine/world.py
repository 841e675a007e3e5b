"""What the engine learned about the two ends at start: the database's ways, the shop's locations and money."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rms_console.contract.ports import ShopFacts, ShopLocation
from rms_console.domain.columns import fields_off
from rms_console.domain.policy import MappingPolicy, Ownership, Policy, TaxMode
from rms_console.domain.rows import SourceFacts
from rms_console.errors import ConfigError
from rms_console.locale import sentence


@dataclass(frozen=True, slots=True)
class World:
    """The two ends as found, and the policy completed with what only they could tell."""

    source: SourceFacts
    shop: ShopFacts
    policy: Policy
    warnings: tuple[str, ...] = ()


def complete_policy(policy: Policy, source: SourceFacts, shop: ShopFacts) -> World:
    """Return the world with currency, tax mode and stock locations filled in.

    Raises:
        ConfigError: a configured location does not exist in the shop, or the shop has none.
    """
    locations, warnings = choose_locations(policy.mapping.locations, source.stock_columns, shop.locations)
    off = dict.fromkeys(fields_off(source.absent, policy.mapping), Ownership.NEVER)
    mapping = dataclasses.replace(
        policy.mapping,
        locations=locations,
        tax=_tax(policy.mapping, source, warnings),
        ownership={**policy.mapping.ownership, **off},
    )
    if source.missing_optional:
        names = ", ".join(source.missing_optional)
        warnings.append(
            sentence("RMS has no column {names}: what hangs on them is off (rms-console check says what)", names=names)
        )
    return World(source, shop, dataclasses.replace(policy, mapping=mapping, currency=shop.currency), tuple(warnings))


def _tax(mapping: MappingPolicy, source: SourceFacts, warnings: list[str]) -> TaxMode:
    if mapping.tax is not TaxMode.AUTO:
        if source.taxes_included is True and mapping.tax is TaxMode.ADD:
            warnings.append(
                sentence("mapping.tax adds tax, but Configuration.TaxSystem says that prices already include it")
            )
        return mapping.tax
    if source.taxes_included is not False:
        return TaxMode.INCLUDED
    if mapping.tax_percent is None and any(column.name == "Tax" for column in source.absent):
        # Not guessed: each item is set aside with this reason until somebody says how much.
        warnings.append(
            sentence("Prices in RMS are without tax, and neither the view nor mapping.tax_percent says how much")
        )
    return TaxMode.ADD


def choose_locations(
    wanted: Mapping[str, str], columns: Sequence[str], locations: Sequence[ShopLocation]
) -> tuple[dict[str, str], list[str]]:
    """Return which stock column goes to which location, and what had to be assumed for that.

    Raises:
        ConfigError: a configured location does not exist in the shop, or the shop has none.
    """
    if not locations:
        raise ConfigError(
            sentence("the shop has no active location"), hint=sentence("add a location in Shopify: stock needs one")
        )
    if wanted:
        return _checked(wanted, columns, locations), []
    if len(locations) == 1:
        return {"Quantity": locations[0].location_id}, []
    named = [column for column in ("Exis00", "Exis57") if column in columns]
    if not named:
        return {"Quantity": locations[0].location_id}, [
            sentence(
                "The shop has {count} locations and the view only Quantity: it goes to {place}",
                count=len(locations),
                place=locations[0].name,
            )
        ]
    chosen = {column: place.location_id for column, place in zip(named, locations, strict=False)}
    told = ", ".join(f"{column} -> {place.name}" for column, place in zip(named, locations, strict=False))
    assumed: list[str] = [sentence("mapping.locations is not set; assumed: {told}", told=told)]
    left = ", ".join(column for column in columns if column != "Quantity" and column not in chosen)
    if left:
        assumed.append(sentence("The stock of {columns} goes nowhere: mapping.locations says where", columns=left))
    return chosen, assumed


def _checked(wanted: Mapping[str, str], columns: Sequence[str], locations: Sequence[ShopLocation]) -> dict[str, str]:
    known = {place.location_id: place.name for place in locations}
    for column, location_id in wanted.items():
        if location_id not in known:
            offer = "; ".join(f"{place} = {name}" for place, name in known.items())
            raise ConfigError(
                sentence(
                    "mapping.locations.{column}: the shop has no active location {place}",
                    column=column,
                    place=location_id,
                ),
                hint=sentence("it has: {offer}", offer=offer),
            )
        if column not in columns:
            raise ConfigError(
                sentence("mapping.locations.{column}: the view has no such column", column=column),
                hint=sentence("it has: {offer}", offer=", ".join(columns)),
            )
    return dict(wanted)
