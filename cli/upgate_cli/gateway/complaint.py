"""What went wrong, and what to do: the sentence for every refusal and every silence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from upgate_cli.errors import CommandError, HopelessError
from upgate_cli.gateway.answer import Answer

if TYPE_CHECKING:
    import requests

_ADVICE = {
    403: "the upload token does not allow this: `upgate explain TOKEN --sample FILE` tells why",
    406: "the data was damaged on its way: run the command again",
    413: "the upload token or the gateway allows no file of this size",
    414: "choose a shorter key",
    429: "too many requests at once: try again later, or with fewer --parallel",
    612: "the upload is gone: run the command again",
    614: "another content has this key: choose another key, or allow --overwrite",
    631: "check --bucket",
}


_QUOTA_ADVICE = "the user of this token may upload again when a new day begins"


class RefusedError(CommandError):
    """The gateway said no; `answer` is how."""

    def __init__(self, message: str, answer: Answer) -> None:
        super().__init__(message)
        self.answer = answer


class HopelessRefusalError(RefusedError, HopelessError):
    """It would say no to every other file too."""


def refusal(url: str, answer: Answer) -> RefusedError:
    """The exception for an answer that is no success."""
    said = answer.error
    if not answer.is_gateway and answer.status not in (413, 429) and answer.status < 500:
        return HopelessRefusalError(
            f"{url} is no upload gateway (status {answer.status}, no X-Reqid): check --url", answer
        )
    if answer.code == 401:
        return HopelessRefusalError(f"{_quoted(answer)}: {_token_advice(said)}", answer)
    if answer.code == 579:
        return RefusedError(
            f"stored, but the callback failed ({_callback_reason(answer)}): do not upload it "
            "again, the gateway will repeat the callback",
            answer,
        )
    advice = _QUOTA_ADVICE if _is_quota(answer) else _ADVICE.get(answer.code)
    if advice is None and answer.code >= 500:
        advice = "the gateway is in trouble: try again later"
    sentence = f"{_quoted(answer)}: {advice}" if advice else _quoted(answer)
    if answer.code == 631:
        return HopelessRefusalError(sentence, answer)
    return RefusedError(sentence, answer)


def unreachable(url: str, error: requests.RequestException) -> HopelessError:
    """The exception for no answer at all."""
    import requests

    text = str(error)
    if isinstance(error, requests.exceptions.SSLError):
        return HopelessError(f"{url}: TLS failed; check the certificate, or http against https")
    if isinstance(error, requests.exceptions.ProxyError):
        return HopelessError(f"{url}: the proxy does not answer; check HTTP_PROXY and NO_PROXY")
    if isinstance(error, requests.exceptions.InvalidURL):
        return HopelessError(f"{url} is no address; check --url")
    if "NameResolutionError" in text or "Name or service not known" in text:
        return HopelessError(f"no host of this name: {url}; check --url and the network")
    if "Connection refused" in text:
        return HopelessError(f"nothing listens at {url}; check --url, and that the gateway runs")
    if isinstance(error, requests.exceptions.Timeout):
        return HopelessError(f"{url} does not answer in time; check the network, then run it again")
    if "unreachable" in text:
        return HopelessError(f"{url} cannot be reached; check the network, then run it again")
    return HopelessError(f"the connection to {url} broke; check the network, then run it again")


def _is_quota(answer: Answer) -> bool:
    """A 429 of the gateway's own; the front door's asks for a pause."""
    return answer.code == 429 and answer.is_gateway


def _quoted(answer: Answer) -> str:
    said = answer.error
    return f"refused with {answer.code} ({said})" if said else f"refused with {answer.code}"


def _token_advice(said: str) -> str:
    if "expired" in said:
        return "make a new token (upgate token), and see that this machine's clock is right"
    if "bad token" in said:
        return "check --access-key and --secret-key, or the token"
    return "`upgate explain TOKEN` tells what is wrong with the token"


def _callback_reason(answer: Answer) -> str:
    """The reason is JSON within JSON (protocol.md 7.3)."""
    try:
        inner = json.loads(answer.error)
        return f"{inner['err_code']} {inner['error']}"
    except (ValueError, KeyError, TypeError):
        return answer.error or "no reason given"
