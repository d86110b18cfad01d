from __future__ import annotations

import pytest

from upgate.downloads import download_token
from upgate.downloads.download_token import DownloadUrl
from upgate.errors import BadTokenError, TokenExpiredError, TokenMissingError
from upgate.fops import fop
from upgate.tokens.keys import KeyPair, KeyRing

PAIR = KeyPair("testak", "testsk")
KEYS = KeyRing((PAIR, KeyPair("abcdefghklmnopq", "1234567890")))
# protocol.md 9.8 and 9.4, computed and published vectors.
JPG = DownloadUrl(
    "dl.example.com", "/a/b.jpg", "e=1893456000&token=testak:Bq1P0wxnYT4dOzthKHUFVvIpg94="
)
NO_PATH = DownloadUrl(
    "www.qiniu.com",
    "",
    "go=1&e=1234571490&token=abcdefghklmnopq:8vzBeLZ9W3E4kbBLFLW0Xe0u7v4=",
)


def verify(url: DownloadUrl, now: float = 1_000.0) -> int:
    return download_token.verify(url, KEYS, now)


@pytest.mark.parametrize("url", [JPG, NO_PATH])
def test_published_token_is_verified(url: DownloadUrl) -> None:
    verify(url)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("written", ["/a%20b%2Bc.jpg", "/a%20b+c.jpg"])
def test_url_is_verified_as_the_client_wrote_it(scheme: str, written: str) -> None:
    signature = PAIR.sign(f"{scheme}://dl.example.com{written}?e=2000".encode())
    verify(DownloadUrl("dl.example.com", "/a b+c.jpg", f"e=2000&token=testak:{signature}"))


@pytest.mark.parametrize(
    "written",
    [
        "/d%2Fa%20b%C3%BC%2B%28c%29%27%7E%2A.jpg",  # Ruby's CGI.escape for %20, PHP's rawurlencode
        "/d%2fa%20b%c3%bc%2b%28c%29%27%7e%2a.jpg",  # the digits in lower case
        "/d%2Fa%20b%C3%BC%2B(c)'~*.jpg",  # Node 6
        "/d/a%20b%C3%BC%2B(c)'~*.jpg",  # encodeURIComponent for each segment
        "/d%2Fa%20b%C3%BC%2B%28c%29%27%7E*.jpg",  # Java's URLEncoder with its + made %20
        "/d/a%20b%c3%bc%2b%28c%29%27%7e*.jpg",
        "/d/a%20b%C3%BC+(c)'~*.jpg",  # Go's and Swift's path escapes
        "/d/a b\N{LATIN SMALL LETTER U WITH DIAERESIS}+(c)'~*.jpg",  # as it is
    ],
)
def test_every_language_may_escape_the_key_as_it_does(written: str) -> None:
    signature = PAIR.sign(f"http://dl.example.com{written}?e=2000".encode())
    path = "/d/a b\N{LATIN SMALL LETTER U WITH DIAERESIS}+(c)'~*.jpg"
    verify(DownloadUrl("dl.example.com", path, f"e=2000&token=testak:{signature}"))
    with pytest.raises(BadTokenError):
        verify(DownloadUrl("dl.example.com", path + "x", f"e=2000&token=testak:{signature}"))


def test_token_is_good_until_its_deadline_and_no_longer() -> None:
    assert verify(JPG, 1893456000.0) == 1893456000
    with pytest.raises(TokenExpiredError):
        verify(JPG, 1893456000.1)


@pytest.mark.parametrize(
    "query",
    [
        "e=1893456001&token=testak:Bq1P0wxnYT4dOzthKHUFVvIpg94=",
        "token=testak:Bq1P0wxnYT4dOzthKHUFVvIpg94=",
        "e=1893456000&token=other:Bq1P0wxnYT4dOzthKHUFVvIpg94=",
        "e=1893456000&token=",
        "e=1893456000&token=testak:é",
        "imageInfo&e=1893456000&token=testak:Bq1P0wxnYT4dOzthKHUFVvIpg94=",
    ],
)
def test_url_that_was_changed_is_refused(query: str) -> None:
    with pytest.raises(BadTokenError):
        verify(DownloadUrl(JPG.host, JPG.path, query))


@pytest.mark.parametrize("query", ["", "e=1893456000", f"{JPG.query}&imageInfo"])
def test_token_stands_last_or_is_missing(query: str) -> None:
    with pytest.raises(TokenMissingError):
        verify(DownloadUrl(JPG.host, JPG.path, query))


SAVED = "avthumb/mp3|saveas/Ymt0OmEvYi5tcDM="
SIGNED = f"{SAVED}/sign/testak:TiSiF68BpOKlLyefqctKySETybQ="


@pytest.mark.parametrize("written", [SIGNED, SIGNED.replace("|", "%7C", 1)])
def test_published_saveas_is_verified(written: str) -> None:
    save_as = fop.parse_pipe(SIGNED).save_as
    assert save_as is not None
    url = DownloadUrl("dl.example.com", "/a/b.mp4", written)
    assert download_token.is_saveas_signed(url, save_as, SIGNED, KEYS)


@pytest.mark.parametrize(
    "text", [SAVED, SIGNED.replace("mp3|", "mp4|"), SIGNED.replace("TiS", "TiT")]
)
def test_saveas_that_was_changed_is_not_signed(text: str) -> None:
    save_as = fop.parse_pipe(text).save_as
    assert save_as is not None
    url = DownloadUrl("dl.example.com", "/a/b.mp4", text)
    assert not download_token.is_saveas_signed(url, save_as, text, KEYS)
