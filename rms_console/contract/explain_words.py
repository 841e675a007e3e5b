"""What people call the rules of an explanation; one table for every face."""

from __future__ import annotations

from collections.abc import Mapping

from rms_console.locale import mark

RULES: Mapping[str, str] = {
    "rms": "RMS",
    "view": mark("view"),
    "offered": mark("offered"),
    "filters": mark("filters"),
    "scope": mark("scope"),
    "stock": mark("stock"),
    "price": mark("price"),
    "cells": mark("cells"),
    "clash": mark("clash"),
    "guard": mark("guard"),
    "shop": mark("shop"),
    "status": mark("status"),
    "queue": mark("queue"),
    "mode": mark("mode"),
    "difference": mark("difference"),
}
