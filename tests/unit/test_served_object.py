"""Which objects a browser may show, and which it has to save."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from upgate.downloads.served_object import ObjectServer, ServedObject


def disposition(mime_type: str) -> str | None:
    """What S3 is told to say of an object of this type."""
    asked: list[Mapping[str, str]] = []

    def presign(*arguments: object) -> str:
        overrides = arguments[-1]
        assert isinstance(overrides, dict)
        asked.append(overrides)
        return "https://s3.example/"

    def no_client() -> object:
        raise AssertionError("nothing is read")

    server = ObjectServer(presign, no_client, 60)  # type: ignore[arg-type]
    server.serve(ServedObject("b", "k", mime_type, 1), "GET", None, None)
    return asked[0].get("response-content-disposition")


# Scripts run in the first rows; WHATWG MIME Sniffing 5 has those whose type is guessed at, and
# Fetch ("extract a MIME type") reads the last of a list.
@pytest.mark.parametrize(
    "mime_type",
    [
        *("text/html", "TEXT/HTML; charset=utf-8", "application/xhtml+xml", "image/svg+xml"),
        *("text/xml", "text/xsl", "application/xml", "application/atom+xml"),
        "multipart/x-mixed-replace; boundary=b",
        *("unknown/unknown", "application/unknown", "*/*", "image/*"),
        *("txt", "undefined", "image/", "/png", "a/b/c", "/", ";", "image /png"),
        *("image/png, text/html", "image/png;a=b,text/html", "text/html,image/png"),
    ],
)
def test_type_that_may_run_scripts_is_an_attachment(mime_type: str) -> None:
    assert disposition(mime_type) == "attachment"


@pytest.mark.parametrize(
    "mime_type",
    [
        "text/plain",
        "image/png",
        "application/octet-stream",
        "application/pdf",
        "multipart/form-data",
        "image/jpg",
        "IMAGE/PNG ; a=b",
        "text/plain; charset=utf-8",
    ],
)
def test_type_that_runs_nothing_is_shown(mime_type: str) -> None:
    assert disposition(mime_type) is None
