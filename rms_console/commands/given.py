"""Options that several commands have: one name, one wording."""

from __future__ import annotations

import click

AS_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")
BODY = click.option("--json", "as_json", is_flag=True, help="Print exactly what the API answers.")
YES = click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal to ask on.")
REASON = click.option("--reason", default="", help="Why, for the audit trail.")
WAIT = click.option("--wait", is_flag=True, help="Wait for its end; exit code 1 where it failed.")
SKUS = click.option("--sku", "skus", multiple=True, help="Only the product of this SKU; may be given more than once.")
STYLES = click.option(
    "--ccod", "styles", multiple=True, help="Only the product of this CCOD; may be given more than once."
)
