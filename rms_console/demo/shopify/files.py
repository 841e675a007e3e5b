"""The shop's file storage over HTTP: taking uploads as forms, giving files out whole or from a byte on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

_RANGE = re.compile(r"bytes=(\d+)-")
_NAME = re.compile(rb'name="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Upload:
    """A form with one file, which is its last field."""

    key: str
    signature: str
    content: bytes


def read_upload(content_type: str, body: bytes) -> Upload | None:
    """Return the upload in a multipart form; None where it is none, or the file is not the last field."""
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_boundary()
    if header.get_content_type() != "multipart/form-data" or boundary is None:
        return None
    fields = list(_fields(body, boundary.encode()))
    if not fields or fields[-1][0] != "file":
        return None
    texts = {name: content.decode("utf-8", "replace") for name, content in fields[:-1]}
    return Upload(texts.get("key", ""), texts.get("x-goog-signature", ""), fields[-1][1])


def _fields(body: bytes, boundary: bytes) -> Iterator[tuple[str, bytes]]:
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        head, blank, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if blank and name is not None:
            yield name[1].decode("utf-8", "replace"), content


def error_page(code: str) -> bytes:
    """Return a refusal as the storage words it."""
    return f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code></Error>".encode()


def stored_page(key: str) -> bytes:
    return f"<?xml version='1.0' encoding='UTF-8'?><PostResponse><Key>{key}</Key></PostResponse>".encode()


@dataclass(frozen=True, slots=True)
class Slice:
    """What of a file goes out: status, body, and the headers that say which part it is."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def slice_of(content: bytes, range_header: str | None) -> Slice:
    """Return the file from the byte on that is asked for; all of it without a range."""
    match = _RANGE.fullmatch(range_header or "")
    if match is None:
        return Slice(200, content, (("accept-ranges", "bytes"),))
    start = int(match[1])
    if start >= len(content):
        return Slice(416, b"", (("content-range", f"bytes */{len(content)}"),))
    where = f"bytes {start}-{len(content) - 1}/{len(content)}"
    return Slice(206, content[start:], (("content-range", where),))
