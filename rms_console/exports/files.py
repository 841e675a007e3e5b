"""Which files there are, and their contents for one engine."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from rms_console.exports.alerts import rules_yaml
from rms_console.exports.dashboard import dashboard_json
from rms_console.exports.values import MEMORY_MAX_BYTES, STOP_TIMEOUT_S, Place, Values

TEMPLATES: Final = Path(__file__).with_name("templates")
HOMES: Final = ("/home/", "/root/", "/run/user/")


@dataclass(frozen=True, slots=True)
class ReadyFile:
    """One file: where it goes below the chosen folder, with `/`, and what stands in it."""

    path: str
    content: bytes
    is_executable: bool = False


def files(kind: str, values: Values) -> tuple[ReadyFile, ...]:
    """Return the files of one kind, or of every kind for `all`."""
    kinds = KINDS if kind == "all" else (kind,)
    return tuple(file for name in kinds for file in _MAKERS[name](values))


def _grafana(values: Values) -> Iterator[ReadyFile]:
    yield ReadyFile("monitoring/grafana-sync-dashboard.json", dashboard_json(values.language).encode())


def _prometheus(values: Values) -> Iterator[ReadyFile]:
    authorization = ""
    if values.is_token_needed:
        token = json.dumps(values.token_file)
        authorization = f"    authorization:\n      credentials_file: {token}"
    facts = {
        "VERSION": values.version,
        "SCHEME": values.scheme,
        "TARGET": json.dumps(values.target),
        "AUTHORIZATION": authorization,
    }
    yield ReadyFile("monitoring/prometheus-sync-metrics.yml", _filled("prometheus.yml", facts).encode())
    yield ReadyFile("monitoring/prometheus-sync-rules.yml", rules_yaml(values).encode())


def _script(name: str, values: Values) -> ReadyFile:
    facts = {"URL": shlex.quote(values.url), "TOKEN_FILE": shlex.quote(values.token_file)}
    text = _filled(name, {"ASKING": _filled("asking.sh", facts).rstrip("\n")})
    return ReadyFile(f"scripts/{name}", text.encode(), is_executable=True)


def _health_check(values: Values) -> Iterator[ReadyFile]:
    yield _script("health-check.sh", values)


def _monitor(values: Values) -> Iterator[ReadyFile]:
    yield _script("monitor-continuous.sh", values)


def _systemd(values: Values) -> Iterator[ReadyFile]:
    place = values.posix
    facts = {
        "VERSION": values.version,
        "STATE_PLAIN": shlex.quote(place.state),
        "CONFIG_PLAIN": shlex.quote(place.config),
        "CONFIG_FOLDER_PLAIN": shlex.quote(place.folder),
        "CONFIG_FOLDER": _specifiers(place.folder),
        "GROUP_LINE": f"SupplementaryGroups={values.group}" if re.fullmatch(r"[\w.-]+", values.group) else "",
        "EXEC_START": " ".join(_systemd_word(word) for word in (place.executable, *place.arguments)),
        "STOP_TIMEOUT_S": str(STOP_TIMEOUT_S),
        "FOLDER_LINES": _folder_lines(place),
        "MEMORY_MAX_M": str(MEMORY_MAX_BYTES >> 20),
        "PROTECT_HOME": "read-only" if in_homes(place) else "yes",
    }
    yield ReadyFile("systemd/rms-console.service", _filled("rms-console.service", facts).encode())


def _windows_service(values: Values) -> Iterator[ReadyFile]:
    place = values.windows
    facts = {
        "VERSION": values.version,
        "EXECUTABLE": place.executable,
        "ARGUMENTS": subprocess.list2cmdline(place.arguments),
        "CONFIG": place.config,
        "CONFIG_FOLDER": place.folder,
        "STATE": place.state,
        "LOGS": place.logs,
        "PREFIX": place.executable.rpartition("\\Scripts\\")[0] or place.executable.rpartition("\\")[0],
        "STOP_TIMEOUT_S": str(STOP_TIMEOUT_S),
    }
    service = _filled("rms-console.xml", {name: escape(fact) for name, fact in facts.items()})
    readme = _filled(f"windows-readme.{values.language}.txt", facts)
    yield ReadyFile("windows/rms-console.xml", _for_windows(service))
    yield ReadyFile("windows/README.txt", _for_windows(readme))


def _compose(values: Values) -> Iterator[ReadyFile]:
    facts = {
        "VERSION": values.version,
        "PORT": str(values.port),
        "ZONE": json.dumps(values.zone),
        "MEMORY_MAX_M": str(MEMORY_MAX_BYTES >> 20),
        "STOP_TIMEOUT_S": str(STOP_TIMEOUT_S),
    }
    yield ReadyFile("container/compose.yaml", _filled("compose.yaml", facts).encode())
    yield ReadyFile("container/Dockerfile", _filled("Dockerfile", facts).encode())
    yield ReadyFile("container/.dockerignore", _filled("dockerignore", facts).encode())


_MAKERS: Final[Mapping[str, Callable[[Values], Iterator[ReadyFile]]]] = {
    "grafana": _grafana,
    "prometheus": _prometheus,
    "health-check": _health_check,
    "monitor": _monitor,
    "systemd": _systemd,
    "windows-service": _windows_service,
    "compose": _compose,
}
KINDS: Final = tuple(_MAKERS)


def in_homes(place: Place) -> tuple[str, ...]:
    """Return what a service needs that lies in a person's home, where its own user rarely gets."""
    paths = dict.fromkeys((place.executable, place.config, place.state, place.logs))
    return tuple(path for path in paths if path.startswith(HOMES))


def _filled(name: str, facts: Mapping[str, str]) -> str:
    """Return a template with its facts; a line that is nothing but an empty fact falls away."""
    text = (TEMPLATES / name).read_text("utf-8")
    for fact, value in facts.items():
        if not value:
            text = text.replace(f"@{fact}@\n", "")
    return re.sub(r"@([A-Z_]+)@", lambda found: facts[found[1]], text)


def _for_windows(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def _specifiers(text: str) -> str:
    return text.replace("%", "%%")


def _systemd_word(word: str) -> str:
    """Return one word of a unit's command line: nothing in it is a specifier, a variable or a separator."""
    safe = _specifiers(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return safe if re.fullmatch(r"[\w./:=@%+,~-]+", safe) else f'"{safe}"'


def _folder_lines(place: Place) -> str:
    """Return the lines that make or open the folders of a unit."""
    lines, open_ = [], []
    for folder, root, name in ((place.state, "/var/lib/", "State"), (place.logs, "/var/log/", "Logs")):
        if folder.startswith(root):
            lines += [f"{name}Directory={_systemd_word(folder.removeprefix(root))}", f"{name}DirectoryMode=0755"]
        else:
            open_.append(folder)
    if place.folder.count("/") > 1 and not f"{place.folder}/".startswith(HOMES):
        # What a person sets in the console goes back into the file; it is written beside it first.
        open_.append(place.folder)
    lines += [f"ReadWritePaths={_systemd_word('-' + folder)}" for folder in dict.fromkeys(open_)]
    return "\n".join(lines)
