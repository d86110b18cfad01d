from __future__ import annotations

import pytest

from upgate.answers import region_query
from upgate.errors import InvalidArgumentError, NoSuchAccessKeyError, NoSuchBucketError
from upgate.tokens.keys import KeyPair, KeyRing

KEYS = KeyRing((KeyPair("testak", "testsk"),))


def test_known_key_and_bucket_pass() -> None:
    region_query.check("ak=testak&bucket=demo&sdk_name=x", KEYS, {"demo": "s3"})


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("ak=testak&bucket=", InvalidArgumentError),
        ("bucket=demo", InvalidArgumentError),
        ("ak=TESTAK&bucket=demo", NoSuchAccessKeyError),
        ("ak=testak&bucket=Demo", NoSuchBucketError),
    ],
)
def test_others_are_refused(query: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        region_query.check(query, KEYS, {"demo": "s3"})


@pytest.mark.parametrize(
    ("origin", "domain"),
    [("https://up.example.com", "up.example.com"), ("http://127.0.0.1:80", "127.0.0.1:80")],
)
def test_domains_have_no_scheme(origin: str, domain: str) -> None:
    shapes = (region_query.answer_v2, region_query.answer_v3, region_query.answer_v4)
    for shape in (*shapes, region_query.regions):
        assert domain in str(shape(origin))
        assert "http" not in str(shape(origin))
