from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import loopback
from tests.fakes.loopback import Received, Reply
from upgate import limits
from upgate.callbacks import remote_file
from upgate.callbacks.callback import CallbackMessageError
from upgate.callbacks.remote_file import FetchedFile
from upgate.outbound.egress import Egress
from upgate.outbound.egress_exchange import EgressAnswer, OutgoingRequest
from upgate.outbound.egress_rules import EgressRules

EGRESS = Egress(EgressRules(allow_loopback=True))


def answer(request: Received) -> Reply:
    hops = {"/twice": "/once", "/thrice": "/twice", "/away": "http://10.0.0.1/"}
    if request.path.startswith("/to?"):
        return Reply(302, headers={"Location": unquote(request.path[4:])})
    if request.path == "/once":
        return Reply(302, headers={"Location": "file.png"})
    if request.path in hops:
        return Reply(302, headers={"Location": hops[request.path]})
    if request.path == "/large":
        return Reply(200, bytes(limits.FOP_FETCH_BYTES + 1))
    return Reply(200, b"\x89PNG\xff") if request.path == "/file.png" else Reply(404)


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with loopback.serve(answer) as url:
        yield url


def fetch(url: str) -> FetchedFile:
    made = remote_file.fetch(remote_file.request_object(url, 5.0), EGRESS)
    return FetchedFile.from_object(made.to_object())


@pytest.mark.parametrize("path", ["/file.png", "/once", "/twice"])
def test_file_is_fetched_behind_two_redirects_at_most(origin: str, path: str) -> None:
    assert limits.FOP_FETCH_REDIRECTS == 2
    assert fetch(origin + path) == FetchedFile(b"\x89PNG\xff")


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/thrice", "status 302"),
        ("/none", "status 404"),
        ("/away", "not public"),
        ("/large", "larger than"),
    ],
)
def test_why_there_is_no_file_is_said(origin: str, path: str, error: str) -> None:
    fetched = fetch(origin + path)
    assert (fetched.body, error in fetched.error) == (b"", True)


# What urljoin, or a parser of URLs behind it, fails for.
@pytest.mark.parametrize(
    "location",
    [
        *(
            "http://[",
            "//[",
            "http://[::1",
            "//]",
            "http://[v1.a]/",
            "http://a:b/",
            "http://a:99999/",
        ),
        *("ftp://a/", "mailto:a", "http://", "//", "http://a@b/", "\\\\a", "http://\xdf/", "?#"),
        *("http://%00/", "http://1.2.3/", "http://" + "a" * 64 + "/", "/" + "a" * 9_000),
    ],
)
def test_redirect_to_what_is_no_url_is_a_reason_and_no_fault(origin: str, location: str) -> None:
    fetched = fetch(f"{origin}/to?{quote(location)}")
    assert (fetched.body, bool(fetched.error)) == (b"", True)


@given(location=st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_redirect_ends_in_a_file_or_a_reason(location: str) -> None:
    class Redirecting:
        """A server that sends everybody to the same place."""

        def send(self, request: OutgoingRequest, *_: object) -> EgressAnswer:
            return EgressAnswer(302, "", b"", location)

    assert remote_file.fetch(
        {"fetch": "http://h.example/", "budget_seconds": 1}, Redirecting()
    ).error


@given(url=st.text(max_size=60) | st.text("htps:/[]@%.0x#?\\ ", max_size=30).map("http://".__add__))
@settings(max_examples=200, deadline=None)
def test_any_address_ends_in_a_file_or_a_reason(url: str) -> None:
    egress = Egress(EgressRules(), resolver=lambda _: ["10.0.0.1"])
    assert remote_file.fetch({"fetch": url, "budget_seconds": 1}, egress).error


def test_private_address_is_refused_as_for_callbacks() -> None:
    event = remote_file.request_object("http://169.254.169.254/x", 5.0)
    assert "not public" in remote_file.fetch(event, Egress(EgressRules())).error


@pytest.mark.parametrize("event", [{}, {"fetch": 1, "budget_seconds": 1}, {"fetch": "http://a/"}])
def test_other_events_are_refused(event: dict[str, object]) -> None:
    with pytest.raises(CallbackMessageError):
        remote_file.fetch(event, EGRESS)
