"""How a server is named, which driver reaches it, and what the connection string says of its protection."""

from __future__ import annotations

import builtins
import sys
from types import ModuleType
from urllib.parse import quote_plus

import pytest
from sqlalchemy.engine import make_url

from rms_console.adapters.rms.mssql import Server, server_of_url
from rms_console.adapters.rms.mssql.connection import link_to
from rms_console.adapters.rms.mssql.drivers import (
    Driver,
    bundled_driver,
    choose_bundled,
    choose_driver,
    describe,
    load_pyodbc,
)
from rms_console.errors import ConfigError

MS18 = describe("ODBC Driver 18 for SQL Server")
MS17 = describe("ODBC Driver 17 for SQL Server")
FREETDS = describe("FreeTDS")
LIBRARY = "/usr/lib/x/mssql_python_odbc/libs/linux/debian_ubuntu/x86_64/lib/libmsodbcsql-18.6.so.2.1"


def server(**more: object) -> Server:
    return Server(**({"host": "caja", "database": "RMS", "user": "lector", "password": "secreta"} | more))  # type: ignore[arg-type]


def words(text: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in text.split(";"))


def test_microsoft_s_driver_is_told_where_and_how() -> None:
    link = link_to(server(), MS18)
    told = words(link.text)
    assert told["DRIVER"] == "{ODBC Driver 18 for SQL Server}"
    assert told["SERVER"] == "caja,1433"
    assert (told["DATABASE"], told["UID"], told["PWD"]) == ("RMS", "lector", "secreta")
    assert told["APP"] == "rms_console"
    assert int(told["KeepAlive"]) > 0
    assert told["ConnectRetryCount"] == "0"
    assert "Encrypt" not in told


def test_freetds_is_told_where_and_how() -> None:
    """Left to itself it would fall back to a protocol whose login carries the password in the clear."""
    told = words(link_to(server(port=1500), FREETDS).text)
    assert (told["SERVER"], told["PORT"]) == ("caja", "1500")
    assert told["TDS_Version"] == "7.4"
    assert "KeepAlive" not in told


def test_without_a_user_windows_s_own_login_is_used() -> None:
    told = words(link_to(server(user="", password=""), MS18).text)
    assert told["Trusted_Connection"] == "yes"
    assert "UID" not in told


@pytest.mark.parametrize(
    ("host", "port", "address"),
    [
        ("caja", 1433, "caja:1433"),
        ("caja", 1500, "caja:1500"),
        ("caja\\RMS", 1433, "caja\\RMS"),
        ("caja\\RMS", 1500, "caja:1500"),
        ("10.0.0.5,1444", 1433, "10.0.0.5,1444"),
        ("::1", 1433, "::1:1433"),
    ],
)
def test_an_instance_is_found_by_its_name_unless_a_port_is_named(host: str, port: int, address: str) -> None:
    assert server(host=host, port=port).address == address


def test_a_named_instance_reaches_the_driver_as_it_is() -> None:
    assert words(link_to(server(host="caja\\RMS"), MS18).text)["SERVER"] == "caja\\RMS"
    assert "PORT" not in words(link_to(server(host="caja\\RMS"), FREETDS).text)


@pytest.mark.parametrize(
    ("password", "microsoft", "freetds"),
    [
        ("simple", "PWD=simple;", "PWD=simple;"),
        ("a;b", "PWD={a;b};", "PWD={a;b};"),
        ("a}b", "PWD={a}}b};", "PWD=a}b;"),
        ("a;}b", "PWD={a;}}b};", "PWD={a;}b};"),
        ("{a", "PWD={{a};", "PWD={{a};"),
        (" a ", "PWD={ a };", "PWD={ a };"),
        ("ñ€", "PWD=ñ€;", "PWD=ñ€;"),
    ],
)
def test_a_password_of_any_signs_is_told_in_each_driver_s_way(password: str, microsoft: str, freetds: str) -> None:
    assert microsoft in link_to(server(password=password), MS18).text
    assert freetds in link_to(server(password=password), FREETDS).text


def test_a_password_that_freetds_cannot_be_told_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigError, match="FreeTDS cannot be told a password") as caught:
        link_to(server(password="uno};dos"), FREETDS)
    assert "uno" not in str(caught.value)


def test_no_secret_is_in_any_name_of_a_connection() -> None:
    link = link_to(server(more=(("Clave", "secreta"),)), MS18)
    assert "secreta" in link.text
    for shown in (repr(link), link.shown, repr(link.server), link.server.shown):
        assert "secreta" not in shown


@pytest.mark.parametrize(
    ("driver", "encrypt", "trust", "level", "said"),
    [
        (MS18, "driver", "driver", "verified", {}),
        (MS18, "driver", "yes", "encrypted, unverified", {"TrustServerCertificate": "yes"}),
        (MS18, "yes", "no", "verified", {"Encrypt": "yes", "TrustServerCertificate": "no"}),
        (MS18, "yes", "yes", "encrypted, unverified", {"Encrypt": "yes", "TrustServerCertificate": "yes"}),
        (MS18, "strict", "yes", "verified", {"Encrypt": "strict"}),
        (MS18, "no", "driver", "plain", {"Encrypt": "no"}),
        (MS17, "driver", "driver", "plain", {}),
        (MS17, "driver", "yes", "plain", {"TrustServerCertificate": "yes"}),
        (MS17, "yes", "driver", "verified", {"Encrypt": "yes"}),
        (FREETDS, "driver", "driver", "plain", {}),
        (FREETDS, "driver", "no", "plain", {}),
        (FREETDS, "no", "driver", "plain", {}),
        (FREETDS, "yes", "driver", "encrypted, unverified", {"Encryption": "require"}),
        (FREETDS, "yes", "yes", "encrypted, unverified", {"Encryption": "require"}),
        (describe("ODBC Driver 13 for SQL Server"), "driver", "driver", "plain", {}),
        (describe(LIBRARY), "driver", "driver", "verified", {}),
    ],
)
def test_the_protection_in_force_is_known_and_said(
    driver: Driver, encrypt: str, trust: str, level: str, said: dict[str, str]
) -> None:
    link = link_to(server(encrypt=encrypt, trust=trust), driver)
    assert link.encryption == level
    told = words(link.text)
    assert {key: told[key] for key in said} == said
    if not said:
        assert not {"Encrypt", "Encryption", "TrustServerCertificate"} & told.keys()


@pytest.mark.parametrize(
    ("driver", "encrypt", "trust"), [(MS17, "strict", "driver"), (FREETDS, "strict", "driver"), (FREETDS, "yes", "no")]
)
def test_a_protection_that_the_driver_cannot_give_is_refused(driver: Driver, encrypt: str, trust: str) -> None:
    with pytest.raises(ConfigError) as caught:
        link_to(server(encrypt=encrypt, trust=trust), driver)
    assert caught.value.hint


def test_a_url_names_the_same_server_as_the_settings_do() -> None:
    url = "mssql+pyodbc://lector:secreta@caja:1500/RMS?driver=FreeTDS&Encrypt=yes&TrustServerCertificate=yes&APP=otra"
    found = server_of_url(make_url(url))
    assert found == server(port=1500, driver="FreeTDS", encrypt="yes", trust="yes", more=(("app", "otra"),))
    assert words(link_to(found, FREETDS).text)["APP"] == "otra"


def test_an_odbc_connection_string_in_a_url_is_understood() -> None:
    text = quote_plus(
        "DRIVER={ODBC Driver 17 for SQL Server};SERVER=tcp:caja,1500;DATABASE=RMS;UID=lector;PWD={a}};b};Encrypt=no"
    )
    found = server_of_url(make_url(f"mssql+pyodbc:///?odbc_connect={text}"))
    assert found.driver == "ODBC Driver 17 for SQL Server"
    assert (found.address, found.database, found.user) == ("caja,1500", "RMS", "lector")
    assert found.password == "a};b"
    assert found.encrypt == "no"


def test_a_url_with_nothing_but_a_name_is_a_data_source_of_the_system() -> None:
    found = server_of_url(make_url("mssql+pyodbc://lector:secreta@TiendaDSN"))
    assert found.dsn == "TiendaDSN"
    told = words(link_to(found, MS17).text)
    assert told["DSN"] == "TiendaDSN"
    assert not {"DRIVER", "SERVER"} & told.keys()


@pytest.mark.parametrize(
    ("url", "message"),
    [("mssql+pymssql://a:b@caja/RMS", "mssql\\+pymssql"), ("mssql+pyodbc://", "names no server")],
)
def test_a_url_that_leads_nowhere_is_refused(url: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        server_of_url(make_url(url))
    assert "mssql+pyodbc://" in caught.value.hint


@pytest.mark.parametrize(
    ("installed", "bundled", "chosen"),
    [
        (["FreeTDS", "ODBC Driver 17 for SQL Server", "ODBC Driver 18 for SQL Server"], LIBRARY, MS18.name),
        (["FreeTDS", "ODBC Driver 17 for SQL Server"], LIBRARY, LIBRARY),
        (["FreeTDS", "ODBC Driver 17 for SQL Server"], None, MS17.name),
        (["ODBC Driver 11 for SQL Server", "ODBC Driver 13 for SQL Server"], None, "ODBC Driver 13 for SQL Server"),
        (["SQL Server", "FreeTDS", "SQLite3"], None, "FreeTDS"),
        ([], LIBRARY, LIBRARY),
    ],
)
def test_the_newest_driver_is_found(installed: list[str], bundled: str | None, chosen: str) -> None:
    assert choose_driver("auto", installed, bundled).name == chosen


@pytest.mark.parametrize("installed", [[], ["SQLite3", "PostgreSQL Unicode", "SQL Server"]])
def test_without_a_driver_the_packages_are_named(installed: list[str]) -> None:
    with pytest.raises(ConfigError, match="no ODBC driver") as caught:
        choose_driver("auto", installed, None)
    assert "rms-console[mssql]" in caught.value.hint
    assert "tdsodbc" in caught.value.hint
    assert all(name in caught.value.message for name in installed)


def test_a_driver_asked_for_is_taken_or_missed_by_name() -> None:
    installed = ["FreeTDS", "ODBC Driver 17 for SQL Server"]
    assert choose_driver("freetds", installed, LIBRARY) == FREETDS
    assert choose_driver(LIBRARY, [], None).version == 18
    with pytest.raises(ConfigError, match="there is: FreeTDS, ODBC Driver 17"):
        choose_driver("ODBC Driver 18 for SQL Server", installed, LIBRARY)


def test_a_bundled_library_fits_the_machine_and_its_system() -> None:
    files = [
        f"/p/libs/{place}"
        for place in (
            "linux/debian_ubuntu/x86_64/lib/libmsodbcsql-18.6.so.2.1",
            "linux/debian_ubuntu/arm64/lib/libmsodbcsql-18.6.so.2.1",
            "linux/rhel/x86_64/lib/libmsodbcsql-18.6.so.2.1",
        )
    ]
    assert choose_bundled(files, "x86_64", ("debian",)) == files[0]
    assert choose_bundled(files, "AMD64", ("rocky", "rhel", "centos", "fedora")) == files[2]
    assert choose_bundled(files, "aarch64", ("ubuntu", "debian")) == files[1]
    assert choose_bundled(files, "x86_64", ()) == files[0]
    assert choose_bundled([], "x86_64", ("debian",)) is None


def test_a_package_that_is_not_installed_brings_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mssql_python_odbc", None)
    assert bundled_driver() is None


@pytest.mark.parametrize(
    ("failure", "code", "advice"),
    [
        (ModuleNotFoundError("No module named 'pyodbc'"), "rms-pyodbc", "pip install pyodbc"),
        (
            ImportError("libodbc.so.2: cannot open shared object file: No such file or directory"),
            "rms-libodbc",
            "unixodbc on Debian",
        ),
    ],
)
def test_what_pyodbc_lacks_is_named_with_the_package_to_install(
    monkeypatch: pytest.MonkeyPatch, failure: ImportError, code: str, advice: str
) -> None:
    real = builtins.__import__

    def importing(name: str, *rest: object) -> ModuleType:
        if name == "pyodbc":
            raise failure
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.delitem(sys.modules, "pyodbc", raising=False)
    monkeypatch.setattr(builtins, "__import__", importing)
    with pytest.raises(ConfigError) as caught:
        load_pyodbc()
    assert caught.value.code == code
    assert advice in caught.value.hint
    assert caught.value.__cause__ is failure
