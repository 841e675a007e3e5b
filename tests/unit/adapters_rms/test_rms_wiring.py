"""The settings of [rms] reach the server and the names that are read."""

from __future__ import annotations

from pydantic import SecretStr

from rms_console.adapters.rms import Names, Server
from rms_console.config.sections.connections import QueriesSection, RmsSection
from rms_console.wiring.ends import _names, _server


def test_every_setting_of_a_server_is_handed_on() -> None:
    section = RmsSection.model_validate(
        {
            "host": "caja\\RMS",
            "port": 1500,
            "database": "RMS",
            "user": "lector",
            "password": SecretStr("secreta"),
            "driver": "FreeTDS",
            "encrypt": "true",
            "trust_server_certificate": "no",
        }
    )
    assert _server(section) == Server(
        "caja\\RMS", 1500, "RMS", "lector", "secreta", driver="FreeTDS", encrypt="yes", trust="no"
    )
    assert _server(RmsSection(host="caja")) == Server("caja")


def test_the_store_s_names_are_handed_on() -> None:
    assert _names(QueriesSection()) == Names()
    section = QueriesSection(item_table="dbo.Item", view="Web.Vista", columns={"CCOD": "Modelo"})
    assert _names(section) == Names("dbo.Item", "Web.Vista", columns={"CCOD": "Modelo"})
