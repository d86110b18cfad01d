"""The HTTP API's IAM authorization: AWS Signature Version 4, computed again and compared.

AWS: "Authenticating Requests (AWS Signature Version 4)". The emulator tells nobody the secret key
of a user, so its root credentials are the only ones here; of a presigned query nothing is known.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from calendar import timegm
from collections.abc import Callable

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from upgate_cli.local import cloud
from upgate_cli.local.authorizer import Caller, DeniedError
from upgate_cli.local.event import Request

SERVICE = "execute-api"
SKEW_SECONDS = 300

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 +"
    r"Credential=(?P<key>[^/,\s]+)/(?P<scope>[^,\s]+), *"
    r"SignedHeaders=(?P<headers>[^,\s]+), *"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
_TIMESTAMP = "%Y%m%dT%H%M%SZ"
_BODY_DIGEST = "x-amz-content-sha256"


class IamAuthorizer:
    """Lets in who signs with the emulator's root credentials."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        credentials = Credentials(cloud.ACCESS_KEY, cloud.SECRET_KEY)
        self._signer = SigV4Auth(credentials, SERVICE, cloud.REGION)
        self._clock = clock

    async def __call__(self, request: Request, /) -> Caller:
        """The account's root; an unsigned request and a wrong signature are answered alike."""
        if not self._is_signed(request):
            raise DeniedError(403, "Forbidden")
        return {
            "iam": {
                "accessKey": cloud.ACCESS_KEY,
                "accountId": cloud.ACCOUNT,
                "callerId": cloud.ACCOUNT,
                "cognitoIdentity": None,
                "principalOrgId": None,
                "userArn": f"arn:aws:iam::{cloud.ACCOUNT}:root",
                "userId": cloud.ACCOUNT,
            }
        }

    def _is_signed(self, request: Request) -> bool:
        headers = {name.lower(): value for name, value in request.headers}
        claim = _AUTHORIZATION.fullmatch(headers.get("authorization", "").strip())
        if claim is None or not hmac.compare_digest(claim["key"], cloud.ACCESS_KEY):
            return False
        stamp = headers.get("x-amz-date", "")
        names = claim["headers"].split(";")
        if not self._is_recent(stamp) or not {"host", "x-amz-date"} <= set(names):
            return False
        if not _is_body_digest_right(headers, request.body) or not set(names) <= headers.keys():
            return False
        return hmac.compare_digest(
            claim["signature"],
            self._signature(request, {name: headers[name] for name in names}, stamp),
        ) and hmac.compare_digest(claim["scope"], self._scope(stamp))

    def _signature(self, request: Request, signed: dict[str, str], stamp: str) -> str:
        url = f"http://{signed['host']}{request.target}"
        again = AWSRequest(request.method, url, signed, request.body)
        again.context["timestamp"] = stamp
        canonical = self._signer.canonical_request(again)
        text = self._signer.string_to_sign(again, canonical)
        signature: str = self._signer.signature(text, again)
        return signature

    @staticmethod
    def _scope(stamp: str) -> str:
        return f"{stamp[:8]}/{cloud.REGION}/{SERVICE}/aws4_request"

    def _is_recent(self, stamp: str) -> bool:
        try:
            signed_at = timegm(time.strptime(stamp, _TIMESTAMP))
        except ValueError:
            return False
        return abs(self._clock() - signed_at) <= SKEW_SECONDS


def _is_body_digest_right(headers: dict[str, str], body: bytes) -> bool:
    """A digest that the client states is what it signed: it must be the body's."""
    actual = hashlib.sha256(body).hexdigest()
    return headers.get(_BODY_DIGEST, actual) == actual
