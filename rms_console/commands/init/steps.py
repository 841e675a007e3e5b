"""The questions, chapter by chapter. Each one notes its answers in the draft and tries them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

from rms_console.commands.init.asking import Asker, Choice
from rms_console.commands.init.draft import Draft
from rms_console.commands.init.looking import (
    ShopLook,
    StoreLook,
    StoreNumbers,
    count_items,
    look_at_shop,
    look_at_store,
)
from rms_console.config.kinds import from_text
from rms_console.config.load import problem_of
from rms_console.config.tree import FIELDS, SECRET_KEYS
from rms_console.domain.money import plain
from rms_console.domain.policy import Scope, TaxMode
from rms_console.domain.soundness import NEEDED_SCOPES, dear_in
from rms_console.errors import ConfigError, ConsoleError
from rms_console.locale import mark

AGAIN: Final = mark("  Answer these again? (n: go on, and mend it later)")
NOWHERE: Final = "-"


def ask_store(ask: Asker, draft: Draft) -> StoreLook | None:
    """Ask where RMS is until it answers; None where a person goes on without it."""
    ask.chapter(mark("1. RMS, the store's database"))
    ask.say(mark("It is only ever read. A login with SELECT on Item and the view is all it needs."))
    found: StoreLook | None = ask.until_well(lambda: _store(ask, draft), AGAIN)
    return found


def _store(ask: Asker, draft: Draft) -> StoreLook:
    is_file = "rms.url" in draft.values
    kinds = (
        Choice("server", mark("Microsoft SQL Server, as RMS uses it"), {}),
        Choice("file", mark("a SQLite file, such as an export of the store"), {}),
    )
    if ask.choose(mark("What is it?"), kinds, "file" if is_file else "server") == "file":
        known = draft.text("rms.url").removeprefix("sqlite:///")
        draft.forget("rms.")
        draft.set(rms__url=f"sqlite:///{ask.text(mark('Path of the file'), known)}")
    else:
        _ask_server(ask, draft)
    seen = look_at_store(draft, ask.language)
    ask.good(mark("RMS answers: {description}"), description=seen.facts.description)
    told = {"detection": seen.facts.detection.value, "reason": seen.facts.detection_reason}
    ask.good(mark("Changes are found by {detection}: {reason}"), **told)
    return seen


def _ask_server(ask: Asker, draft: Draft) -> None:
    draft.set(rms__url=None)
    _answer(ask, draft, "rms.host", mark("Host, or HOST\\INSTANCE"))
    _answer(ask, draft, "rms.port", mark("Port"), "1433")
    _answer(ask, draft, "rms.database", mark("Database"))
    user = ask.text(mark("User (empty: the Windows account)"), draft.text("rms.user"), needed=False)
    draft.set(rms__user=user or None)
    if user:
        given = ask.secret(mark("Its password"), "rms.password" in draft.values)
        if given is not None:
            draft.set(rms__password=given)
    else:
        draft.set(rms__password=None)


def ask_shop(ask: Asker, draft: Draft) -> ShopLook | None:
    """Ask for the shop until it answers; None where a person goes on without it."""
    ask.chapter(mark("2. The Shopify shop"))
    found: ShopLook | None = ask.until_well(lambda: _shop(ask, draft), AGAIN)
    return found


def _shop(ask: Asker, draft: Draft) -> ShopLook:
    _answer(ask, draft, "shopify.shop", mark("Shop (tienda.myshopify.com)"))
    ways = (
        Choice("client", mark("client id and secret of an app of the Dev Dashboard (the way for new apps)"), {}),
        Choice("token", mark("the permanent token (shpat_...) of an app made in the shop's admin before 2026"), {}),
    )
    way = ask.choose(mark("How does the app sign in?"), ways, "token" if "shopify.token" in draft.values else "client")
    if way == "token":
        draft.set(shopify__client_id=None, shopify__client_secret=None)
        given = ask.key(mark("Token"), "shopify.token" in draft.values)
        draft.set(**({} if given is None else {"shopify__token": given}))
    else:
        draft.set(shopify__token=None)
        draft.set(shopify__client_id=ask.text(mark("Client id"), draft.text("shopify.client_id")).strip("\"' "))
        given = ask.key(mark("Client secret"), "shopify.client_secret" in draft.values)
        draft.set(**({} if given is None else {"shopify__client_secret": given}))
    seen = look_at_shop(draft, ask.language)
    facts = seen.facts
    ask.good(mark("The shop answers: {name} ({domain})"), name=facts.name, domain=facts.domain)
    ask.good(
        mark("It has {count} {count:product|products}, its prices are in {currency}"),
        count=seen.products,
        currency=facts.currency,
    )
    held = {*seen.scopes, *(f"read_{one.removeprefix('write_')}" for one in seen.scopes if one.startswith("write_"))}
    missing = [one for one in NEEDED_SCOPES if one not in held]
    if missing:
        ask.say(mark("  ! The app may not: {scopes}. Give it these Admin API scopes."), scopes=", ".join(missing))
    return seen


def ask_zone(ask: Asker, draft: Draft, shop: ShopLook | None) -> None:
    """Ask for the time zone in which sales begin and end."""
    ask.chapter(mark("3. The store's clock"))
    ask.say(mark("Sales begin and end by the store's time, and the nightly comparison runs by it."))
    default = shop.facts.zone if shop is not None else ""
    _answer(ask, draft, "store.timezone", mark("Time zone, such as America/Costa_Rica"), default)


def ask_scope(ask: Asker, draft: Draft, store: StoreLook | None, shop: ShopLook | None) -> None:
    """Ask which items may become products, with the store's own numbers beside each answer."""
    ask.chapter(mark("4. Which items may become new products"))
    numbers = StoreNumbers()
    if store is not None:
        ask.say(mark("Counting the store's items..."))
        try:
            numbers = count_items(draft, ask.language)
        except ConsoleError as error:
            ask.bad(error)
    least = "" if numbers.is_whole else ask.phrase(mark("at least "))
    facts: dict[str, object] = {
        "items": f"{least}{numbers.items:,}",
        "sellable": f"{least}{numbers.sellable:,}",
        "web": f"{least}{numbers.for_web:,}",
        "products": shop.products if shop is not None else "?",
    }
    for_web = mark("items that RMS marks for the web: {web} of {items}")
    untold = mark("items that RMS marks for the web; this database has no such mark")
    choices = (
        Choice(
            Scope.CHANGED.value, mark("an item becomes a product when it changes in RMS and passes the filters"), facts
        ),
        Choice(Scope.WEB_ITEM.value, for_web if numbers.tells_web else untold, facts),
        Choice(Scope.ADOPTED.value, mark("none: only the shop's {products} products are kept in step"), facts),
        Choice(Scope.ALL.value, mark("all that can be sold: {sellable} of {items}"), facts),
    )
    ask.say(mark("Items that the shop has already are always kept in step."))
    scope = ask.choose(mark("Which may be new?"), choices, draft.text("scope.create", Scope.CHANGED.value))
    draft.set(scope__create=scope)
    if scope != Scope.ADOPTED.value:
        _answer(ask, draft, "guard.max_created", mark("New products a day without asking you (0 = no limit)"), "50")


def ask_stock(ask: Asker, draft: Draft, store: StoreLook | None, shop: ShopLook | None) -> None:
    """Ask whose open orders are subtracted, and which stock goes where."""
    ask.chapter(mark("5. Stock"))
    if store is not None and store.sample is not None:
        told = ", ".join(f"{column} {plain(units)}" for column, units in store.sample.stock.items())
        ask.say(mark("For example {sku}: {told}"), sku=store.sample.sku, told=told)
    choices = (
        Choice("on_hand", mark("RMS counts what lies in the store; the shop subtracts its own open orders"), {}),
        Choice("available", mark("RMS has subtracted the web orders already (they are entered there as orders)"), {}),
    )
    kind = ask.choose(mark("What does RMS's quantity say?"), choices, draft.text("stock.quantity_name", "on_hand"))
    draft.set(stock__quantity_name=kind)
    _answer(ask, draft, "stock.safety", mark("Units to hold back from the shop, per item and location"), "0")
    if store is None or shop is None:
        return
    columns = [column for column in store.facts.stock_columns if column != "Quantity"]
    if len(shop.facts.locations) > 1 and columns:
        _ask_locations(ask, draft, columns, shop)


def _ask_locations(ask: Asker, draft: Draft, columns: list[str], shop: ShopLook) -> None:
    known = draft.values.get("mapping.locations") or {}
    chosen: dict[str, str] = {}
    places = [(place.location_id.rpartition("/")[2], place) for place in shop.facts.locations]
    for number, column in enumerate(columns):
        free = [(short, place) for short, place in places if place.location_id not in chosen.values()]
        if not free:
            break
        choices = [Choice(short, mark("{name}"), {"name": place.name}) for short, place in free]
        choices.append(Choice(NOWHERE, mark("nowhere"), {}))
        before = str(known.get(column, "")).rpartition("/")[2]
        default = before if before in dict(free) else free[0][0] if number < len(places) else NOWHERE
        ask.say(mark("Where does {column} go?"), column=column)
        picked = ask.choose(mark("Location of the shop"), choices, default)
        if picked != NOWHERE:
            chosen[column] = dict(places)[picked].location_id
    draft.set(mapping__locations=chosen or None)


def ask_tax(ask: Asker, draft: Draft, store: StoreLook | None, shop: ShopLook | None) -> None:
    """Ask whether RMS's prices include tax, with what RMS and the shop say themselves; and the highest price."""
    ask.chapter(mark("6. Prices and tax"))
    rms_says = store.facts.taxes_included if store is not None else None
    shop_says = shop.facts.taxes_included if shop is not None else None
    words = {True: mark("with tax"), False: mark("without tax"), None: mark("not said")}
    facts = {"rms": ask.phrase(words[rms_says]), "shop": ask.phrase(words[shop_says])}
    ask.say(mark("RMS's prices are: {rms}. The shop's prices are: {shop}."), **facts)
    if store is not None and store.sample is not None and store.sample.price is not None:
        ask.say(mark("For example {sku} costs {price} in RMS."), sku=store.sample.sku, price=plain(store.sample.price))
    choices = (
        Choice(TaxMode.AUTO.value, mark("as RMS says of itself"), {}),
        Choice(TaxMode.INCLUDED.value, mark("the tax is in RMS's prices: they go out as they are"), {}),
        Choice(TaxMode.ADD.value, mark("RMS's prices are without tax: it is added"), {}),
    )
    default = draft.text("mapping.tax", TaxMode.AUTO.value if rms_says is not None else TaxMode.INCLUDED.value)
    mode = ask.choose(mark("Which is it?"), choices, default)
    draft.set(mapping__tax=mode)
    if mode == TaxMode.ADD.value or (mode == TaxMode.AUTO.value and rms_says is False):
        percent = _number(
            ask,
            "mapping.tax_percent",
            mark("Percent, for rows that name none"),
            draft.text("mapping.tax_percent", "13"),
        )
        draft.set(mapping__tax_percent=float(percent))
        if store is not None and store.sample is not None and store.sample.price is not None:
            with_tax = store.sample.price * (100 + percent) / 100
            ask.say(mark("{sku} would cost {price}"), sku=store.sample.sku, price=f"{with_tax:.2f}")
    if shop is not None:
        highest = draft.text("filter.max_price", plain(dear_in(shop.facts.currency)))
        ask.say(mark("A price above a limit is taken for a lost decimal comma, and set aside."))
        limit = _number(ask, "filter.max_price", mark("Highest price that can be right"), highest)
        draft.set(filter__max_price=float(limit))


def ask_alerts(ask: Asker, draft: Draft) -> None:
    """Ask whom to tell when something is wrong."""
    ask.chapter(mark("7. Alerts"))
    if ask.yes(mark("Send alerts by mail?"), bool(draft.values.get("alerts.email.enabled"))):
        recipients = ask.text(
            mark("To whom (several with commas)"), ",".join(draft.values.get("alerts.email.to") or ())
        )
        draft.set(alerts__email__enabled=True, alerts__email__to=[one.strip() for one in recipients.split(",")])
        _answer(ask, draft, "alerts.email.smtp_host", mark("Mail server"))
        _answer(ask, draft, "alerts.email.smtp_port", mark("Port"), "587")
        user = ask.text(mark("User (empty: none)"), draft.text("alerts.email.smtp_user"), needed=False)
        draft.set(alerts__email__smtp_user=user or None)
        if user:
            given = ask.secret(mark("Its password"), "alerts.email.smtp_password" in draft.values, needed=False)
            draft.set(**({} if given is None else {"alerts__email__smtp_password": given}))
        else:
            draft.set(alerts__email__smtp_password=None)
    elif "alerts.email.enabled" in draft.values:
        draft.set(alerts__email__enabled=False)
    if ask.yes(mark("Send alerts to Slack?"), "alerts.slack.webhook_url" in draft.values):
        given = ask.key(mark("Webhook URL"), "alerts.slack.webhook_url" in draft.values, needed=False)
        while given and _is_wrong(ask, "alerts.slack.webhook_url", given):
            given = ask.key(mark("Webhook URL"), "alerts.slack.webhook_url" in draft.values, needed=False)
        draft.set(**({} if given is None else {"alerts__slack__webhook_url": given}))
    else:
        draft.set(alerts__slack__webhook_url=None)


def ask_value(ask: Asker, draft: Draft, key: str) -> None:
    """Ask for a setting that is in no chapter, by its name."""
    if key in SECRET_KEYS:
        draft.values[key] = ask.secret(key, has_one=False)
    else:
        _answer(ask, draft, key, key)


def _answer(ask: Asker, draft: Draft, key: str, template: str, default: str = "") -> None:
    """Ask for a setting until the answer is one, and note it."""
    while True:
        given = from_text(FIELDS[key], ask.text(template, draft.text(key, default)))
        if not _is_wrong(ask, key, given):
            draft.values[key] = given
            return


def _is_wrong(ask: Asker, key: str, value: object) -> bool:
    """Say what is wrong with an answer, if anything is."""
    problem = problem_of(key, value)
    if problem:
        ask.bad(ConfigError(problem))
    return bool(problem)


def _number(ask: Asker, key: str, template: str, default: str) -> Decimal:
    while True:
        given = ask.text(template, default).replace(",", ".")
        try:
            number = Decimal(given)
        except InvalidOperation:
            number = Decimal(-1)
        if not number.is_finite() or number < 0:
            ask.say(mark("  Please answer with a number."))
        elif not _is_wrong(ask, key, float(number)):
            return number
