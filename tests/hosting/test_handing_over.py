"""An engine that does not take over is ended, so that what the person is told is true."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil
import pytest

from rms_console.hosting import run
from rms_console.hosting.run import Hosting
from rms_console.hosting.terminal import Terminal
from rms_console.wiring import Options, Site, site_as_it_is
from tests.hosting.seat import until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")


def a_site(folder: Path) -> Site:
    config = folder / "console.toml"
    config.write_text('[rms]\nurl = "sqlite:///store.db"\n[shopify]\nshop = "t.myshopify.com"\n', encoding="utf-8")
    return site_as_it_is(Options({"SHOPIFY_ACCESS_TOKEN": "x"}, config, state_dir=folder / "state"))


def test_a_child_that_never_gets_the_lock_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "python"
    script.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n", encoding="utf-8")
    script.chmod(0o700)
    site = a_site(tmp_path)
    monkeypatch.setattr(run, "TAKE_OVER_WITHIN_S", 1.0)
    monkeypatch.setattr(sys, "executable", str(script))
    hosting = Hosting(site.options, Terminal())
    assert hosting._hand_over(site) == 1
    assert "Nothing is synced now" in hosting.said
    pid = int((tmp_path / "pid").read_text())
    until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE, 10, "it is ended")
