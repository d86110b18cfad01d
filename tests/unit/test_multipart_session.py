from __future__ import annotations

import pytest

from upgate.errors import NoSuchUploadError
from upgate.resumable import multipart_session
from upgate.tokens import signed_state
from upgate.tokens.keys import KeyPair

PAIR = KeyPair("testak", "testsk")
NOW = 1_800_000_000.5


@pytest.mark.parametrize("key", [None, "", "k", "好"])
def test_upload_id_comes_back_as_it_was(key: str | None) -> None:
    session = multipart_session.begin(NOW)
    text = session.to_text("demo", key, PAIR)
    assert multipart_session.parse(text, "demo", key, PAIR, NOW) == session
    assert session.expires_at == 1_800_604_800


def test_two_uploads_have_nothing_in_common() -> None:
    assert multipart_session.begin(NOW).session_id != multipart_session.begin(NOW).session_id


@pytest.mark.parametrize(
    ("bucket", "key"), [("other", "k"), ("demo", "K"), ("demo", ""), ("demo", None)]
)
def test_upload_id_of_another_bucket_or_key_is_refused(bucket: str, key: str | None) -> None:
    text = multipart_session.begin(NOW).to_text("demo", "k", PAIR)
    with pytest.raises(NoSuchUploadError):
        multipart_session.parse(text, bucket, key, PAIR, NOW)


def test_upload_id_lives_seven_days_to_the_second() -> None:
    session = multipart_session.begin(NOW)
    text = session.to_text("demo", None, PAIR)
    assert multipart_session.parse(text, "demo", None, PAIR, session.expires_at - 1) == session
    with pytest.raises(NoSuchUploadError):
        multipart_session.parse(text, "demo", None, PAIR, session.expires_at)


@pytest.mark.parametrize("payload", [b"", bytes(23), bytes(25)])
def test_sealed_text_of_another_shape_is_refused(payload: bytes) -> None:
    text = signed_state.seal("uploadId", ("demo",), payload, PAIR)
    with pytest.raises(NoSuchUploadError):
        multipart_session.parse(text, "demo", None, PAIR, NOW)
