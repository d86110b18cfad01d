"""Cross-origin requests (CORS): may a web app upload, and read the answer?"""

from __future__ import annotations

from collections.abc import Iterator

from upgate_cli.doctor.check import Check, Subject
from upgate_cli.doctor.finding import Finding
from upgate_cli.doctor.probe import Probe
from upgate_cli.gateway.answer import Answer

_NOBODY = "https://upgate-doctor.invalid"
_METHODS = ("POST", "PUT")  # PUT: the parts of a v2 upload
_HEADERS = ("authorization", "content-type")
_EXPOSED = ("x-reqid", "x-log")
_IN_FRONT = (
    "leave CORS to the functions: no CorsConfiguration on the API, and let the proxy in front pass "
    "OPTIONS on and keep these headers"
)


def _preflight(probe: Probe) -> Iterator[Finding]:
    answer = probe.call(
        "OPTIONS",
        "/",
        _from(probe)
        | {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": ",".join(_HEADERS),
        },
    )
    if not 200 <= answer.status < 300:
        yield Finding.fail("preflight", f"{answer.status}", _IN_FRONT)
        return
    methods = _listed(answer, "access-control-allow-methods")
    headers = _listed(answer, "access-control-allow-headers")
    missing = [name for name in _METHODS if name.lower() not in methods | _if_any(methods, name)]
    missing += [name for name in _HEADERS if name not in headers | _if_any(headers, name)]
    if missing:
        yield Finding.fail("preflight", f"does not allow {', '.join(missing)}", _IN_FRONT)
    else:
        yield _origin(probe, "preflight", answer)


def _answers(probe: Probe) -> Iterator[Finding]:
    """Errors matter most: without the headers a browser shows an app nothing but a failure."""
    answer = probe.call("POST", "/", _from(probe) | {"Content-Type": "multipart/form-data"})
    exposed = _listed(answer, "access-control-expose-headers")
    missing = [name for name in _EXPOSED if name not in exposed]
    if missing:
        seen = f"a refusal does not expose {', '.join(missing)}"
        yield Finding.fail("errors to be read", seen, _IN_FRONT)
    else:
        yield _origin(probe, "errors to be read", answer)


def _origin(probe: Probe, check: str, answer: Answer) -> Finding:
    allowed, asked = answer.headers.get("access-control-allow-origin"), probe.patient.app_origin
    if allowed == "*":
        return Finding.ok(check, "from any origin")
    if asked is not None and allowed == asked:
        return Finding.ok(check, f"from {asked}")
    if asked is not None:
        return Finding.fail(check, f"{asked} is not allowed", "add it to CorsOrigins, and deploy")
    if allowed is None and "origin" in _listed(answer, "vary"):
        return Finding.warn(
            check, "only from origins of a list", "give --origin https://YOUR-APP to try yours"
        )
    return Finding.fail(check, f"allowed origin: {allowed or 'none'}", _IN_FRONT)


def _from(probe: Probe) -> dict[str, str]:
    return {"Origin": probe.patient.app_origin or _NOBODY}


def _listed(answer: Answer, name: str) -> set[str]:
    return {item.strip().lower() for item in answer.headers.get(name, "").split(",")}


def _if_any(listed: set[str], name: str) -> set[str]:
    """A `*` lists everything but Authorization (Fetch standard, CORS-preflight fetch)."""
    return {name.lower()} if "*" in listed and name != "authorization" else set()


SUBJECT = Subject(
    "Browsers", (Check("preflight", _preflight), Check("errors to be read", _answers))
)
