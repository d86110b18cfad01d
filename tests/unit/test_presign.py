from __future__ import annotations

import datetime
import time
from typing import Any, cast

import botocore.session
import pytest
from botocore.config import Config

from upgate.errors import TokenExpiredError
from upgate_aws.presign import Presigner
from upgate_aws.sigv4 import Credentials, Scope

NOW = 1_795_262_400.0


@pytest.mark.parametrize("token", [None, "session/token+="])
@pytest.mark.parametrize("bucket", ["s3-demo", "with.dot"])
@pytest.mark.parametrize("key", ["a.jpg", "a b/ü+%&=.txt", "fop/x=/y", "//a/../b~"])
def test_url_is_the_one_that_botocore_makes(
    monkeypatch: pytest.MonkeyPatch, bucket: str, key: str, token: str | None
) -> None:
    class Fixed(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Fixed:
            return cls.fromtimestamp(NOW, tz)

        @classmethod
        def utcnow(cls) -> Fixed:
            return cls.fromtimestamp(NOW, datetime.UTC).replace(tzinfo=None)

    monkeypatch.setattr("botocore.compat.datetime.datetime", Fixed)
    # `auto` would sign for the global endpoint.
    style = "path" if "." in bucket else "virtual"
    client: Any = botocore.session.Session().create_client(
        "s3",
        region_name="eu-central-1",
        aws_access_key_id="AKID",
        aws_secret_access_key="secret",
        aws_session_token=token,
        config=Config(signature_version="s3v4", s3=cast("Any", {"addressing_style": style})),
    )
    disposition = "attachment; filename*=UTF-8''%E5%A5%BD.txt"
    expected = client.generate_presigned_url(
        "get_object",
        {"Bucket": bucket, "Key": key, "ResponseContentDisposition": disposition},
        ExpiresIn=3600,
    )
    presigner = Presigner(
        "https://s3.eu-central-1.amazonaws.com",
        Scope("s3", "eu-central-1"),
        lambda: Credentials("AKID", "secret", token),
        path_style=False,
        clock=lambda: NOW,
    )
    made = presigner.url(
        "GET", bucket, key, 3600, None, {"response-content-disposition": disposition}
    )
    assert _parts(made) == _parts(expected)


def _presigned(lifetime: int, ends_at: int | None, now: float = NOW) -> dict[str, str]:
    presigner = Presigner(
        "https://s3.eu-central-1.amazonaws.com",
        Scope("s3", "eu-central-1"),
        lambda: Credentials("AKID", "secret", None),
        path_style=False,
        clock=lambda: now,
    )
    url = presigner.url("GET", "s3-demo", "a", lifetime, ends_at, {})
    return dict(part.split("=", 1) for part in url.partition("?")[2].split("&"))


@pytest.mark.parametrize(
    ("ends_at", "seconds"),
    [(None, 3600), (int(NOW) + 5000, 3600), (int(NOW) + 3, 3), (int(NOW) + 1, 1)],
)
@pytest.mark.parametrize("fraction", [0.0, 0.9])
def test_url_ends_with_the_clients_own(ends_at: int | None, seconds: int, fraction: float) -> None:
    shown = _presigned(3600, ends_at, NOW + fraction)
    assert shown["X-Amz-Expires"] == str(seconds)
    assert shown["X-Amz-Date"] == time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(NOW))


@pytest.mark.parametrize("ends_at", [int(NOW), int(NOW) - 1])
def test_url_that_would_end_at_once_is_not_made(ends_at: int) -> None:
    with pytest.raises(TokenExpiredError):
        _presigned(3600, ends_at)


def _parts(url: str) -> tuple[str, set[str]]:
    """Address and parameters; their order is nobody's business."""
    address, _, query = url.partition("?")
    return address, set(query.split("&"))
