"""Do keys and commands survive in paths and queries (aws.md 2, "Paths")?"""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from upgate_cli.doctor import sample_picture
from upgate_cli.doctor.check import Check, Subject
from upgate_cli.doctor.finding import Finding
from upgate_cli.doctor.probe import Probe, said

_RAW_SECONDS = 30.0
_FOUND = (200, 302)
_AVOID = "keep it out of the keys of objects that are to be downloaded here"
_PROXY = "something in front rewrites paths: let it pass them on as they come (nginx: no URI)"

_SLASH = "have apps ask for jobs on stored objects at `/pfop`: with the slash it finds no function"


def _key(written: str, key: str, *, is_known_loss: bool = False) -> Check:
    """An object under `key`, asked for as `written`; a known loss is the HTTP API's own."""
    name = f"{written} in a path"

    def run(probe: Probe) -> Iterator[Finding]:
        stored = probe.form(f"path/{key}", b"found")
        if stored.status != 200:
            yield Finding.fail(
                name, f"not stored: {said(stored)}", "read the upload function's log"
            )
            return
        answer = probe.download(f"/{probe.prefix}path/{written}")
        if answer.status in _FOUND:
            yield Finding.ok(name, "found")
        elif answer.status == 401 and answer.is_gateway:
            # The signature covers the spelling, and the front door hands over a decoded path.
            seen = "private bucket: a signature over this spelling is not found"
            yield Finding.warn(name, seen, "write `/` as it is in URLs that you sign")
        elif is_known_loss:
            yield Finding.warn(name, f"{said(answer)}: the front door does not pass it on", _AVOID)
        else:
            yield Finding.fail(name, said(answer), _PROXY)

    return Check(name, run)


def _raw_bar(probe: Probe) -> Iterator[Finding]:
    """Browsers write `|` as it is; an HTTP library would escape it, so none is used."""
    name = "| as it is"
    probe.form("raw|bar.png", sample_picture.png())
    path = probe.signed(f"/{quote(probe.prefix)}raw|bar.png?imageView2/2/w/8|imageInfo")
    parts = urlsplit(probe.patient.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_RAW_SECONDS)
    try:
        connection.request("GET", path)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        yield Finding.warn(name, f"not tried: {type(error).__name__}", "is there a proxy between?")
        return
    finally:
        connection.close()
    if status in (200, 202, 403):  # 403: the bucket takes styles only, so it was understood
        yield Finding.ok(name, "understood in path and query")
    else:
        yield Finding.fail(name, f"{status}", "write it as %7C in URLs that you make")


def _attname(probe: Probe) -> Iterator[Finding]:
    name = "= and + in a query"
    probe.form("named", b"found")
    answer = probe.download(f"/{probe.prefix}named?attname=a%2Bb%3D.txt")
    location = answer.headers.get("location", "")
    if answer.status == 302 and "a%252Bb%253D.txt" in location:
        yield Finding.ok(name, "understood")
    else:
        yield Finding.fail(name, said(answer), _PROXY)


def _slash_at_the_end(probe: Probe) -> Iterator[Finding]:
    """SDKs write `/pfop/`, and an HTTP API makes no route that ends so: which one takes it?"""
    name = "/pfop/ with its slash"
    answer = probe.call("POST", "/pfop/", {"Content-Type": "application/x-www-form-urlencoded"})
    if answer.status == 401 and answer.is_gateway:
        yield Finding.ok(name, "reaches its function")
    else:
        yield Finding.fail(name, f"{said(answer)} instead of 401", _SLASH)


SUBJECT = Subject(
    "Paths",
    (
        _key("a%2Fb", "a/b"),
        _key("c//d", "c//d"),
        _key("a%3Fb", "a?b", is_known_loss=True),
        _key("a%23b", "a#b"),
        _key("a%25b", "a%b"),
        _key("a%20b", "a b"),
        _key("a+b=c", "a+b=c"),
        _key("a%7Cb", "a|b"),
        _key("%C3%A9%E6%96%87", "é文"),
        Check("/pfop/ with its slash", _slash_at_the_end),
        Check("| as it is", _raw_bar),
        Check("= and + in a query", _attname),
    ),
)
