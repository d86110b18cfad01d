"""Our signatures are botocore's, for anything that a request can hold."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from upgate_aws import sigv4
from upgate_aws.sigv4 import Credentials, Scope

TIMESTAMP = "20261120T120000Z"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
VALUE = st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), max_size=40)
NAMES = st.sampled_from(["content-type", "if-none-match", "x-amz-meta-a", "x-amz-target"])


def by_botocore(
    service: str, method: str, url: str, headers: dict[str, str], token: str | None
) -> str:
    request = AWSRequest(method, url, headers=headers, data=b"")
    request.context["timestamp"] = TIMESTAMP
    signer_class = auth.S3SigV4Auth if service == "s3" else auth.SigV4Auth
    signer: Any = signer_class(BotocoreCredentials("AK", "secret", token), service, "eu-central-1")
    if service == "s3":
        request.context["payload_signing_enabled"] = False
        signer._should_sha256_sign_payload = lambda _: False
    else:
        signer._should_sha256_sign_payload = lambda _: True
    # add_auth takes the clock's time; these are its steps.
    if token:
        request.headers["X-Amz-Security-Token"] = token
    request.headers["X-Amz-Date"] = TIMESTAMP
    if service == "s3":
        request.headers["X-Amz-Content-SHA256"] = signer.payload(request)
    canonical = signer.canonical_request(request)
    signer._inject_signature_to_request(
        request, signer.signature(signer.string_to_sign(request, canonical), request)
    )
    signature: str = request.headers["Authorization"]
    return signature


def by_us(
    service: str, method: str, path: str, query: str, headers: dict[str, str], token: str | None
) -> str:
    signed = sigv4.sign(
        Credentials("AK", "secret", token),
        Scope(service, "eu-central-1"),
        method,
        path,
        query,
        headers | {"host": "b.example.com"},
        sigv4.UNSIGNED_PAYLOAD if service == "s3" else EMPTY,
        TIMESTAMP,
    )
    return signed["authorization"]


@pytest.mark.parametrize("service", ["s3", "dynamodb", "lambda"])
@given(
    key=TEXT,
    query=st.dictionaries(st.sampled_from(["a", "b", "list-type"]), VALUE, max_size=2),
    headers=st.dictionaries(NAMES, VALUE, max_size=4),
    token=st.none() | st.just("session/token=="),
)
def test_signature_is_botocores(
    service: str, key: str, query: dict[str, str], headers: dict[str, str], token: str | None
) -> None:
    path = "/" + sigv4.encode_path(key)
    encoded = urlencode(sorted(query.items())).replace("+", "%20")
    url = f"https://b.example.com{path}" + (f"?{encoded}" if encoded else "")
    if service != "s3" and ("//" in path or "/." in path):
        return  # botocore normalises such paths of other services; they never have any
    expected = by_botocore(service, "PUT", url, headers, token)
    assert by_us(service, "PUT", path, encoded, headers, token) == expected


def test_one_character_of_the_secret_changes_the_signature() -> None:
    def signature(secret: str) -> str:
        headers = {"host": "h"}
        scope = Scope("s3", "eu-central-1")
        credentials = Credentials("AK", secret)
        signed = sigv4.sign(credentials, scope, "GET", "/", "", headers, EMPTY, TIMESTAMP)
        return signed["authorization"]

    assert signature("secret") != signature("secres")


def test_secrets_do_not_show_in_a_repr() -> None:
    assert "hidden" not in repr(Credentials("AK", "hidden", "hidden"))
