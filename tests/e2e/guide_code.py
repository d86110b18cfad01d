"""The code in docs/wiring: what stands behind `<!-- run -->`, and the answer that it promises."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.e2e.conftest import Gateway

FOLDER = Path(__file__).parents[2] / "docs/wiring"
_RUN = re.compile(r"<!-- run -->\n```(\w+)\n(.*?)```\n(.*?)(?=<!-- run -->|\Z)", re.S)
_ANSWER = re.compile(r"<!-- answer -->\n```\n(.*?)```", re.S)


@dataclass(frozen=True, slots=True)
class Code:
    """One block; `answer` is what the page says that it prints, or nothing."""

    language: str
    text: str
    answer: str


def blocks(page: str, gateway: Gateway) -> list[Code]:
    """All blocks of a page that are run, pointed at a gateway that speaks plain http.

    Nothing else is changed: a page whose code works with the example's host alone fails here.
    """
    text = (FOLDER / page).read_text()
    found = []
    for language, code, rest in _RUN.findall(text):
        answer = _ANSWER.search(rest)
        found.append(Code(language, _pointed_at(gateway, code), answer[1] if answer else ""))
    return found


def _pointed_at(gateway: Gateway, code: str) -> str:
    code = code.replace("https://up.example.com", gateway.url)
    code = code.replace("up.example.com", urlsplit(gateway.url).netloc)
    for secure, plain in (
        ('scheme="https"', 'scheme="http"'),
        ("useHttpsDomain = true", "useHttpsDomain = false"),
        ('upprotocol: "https"', 'upprotocol: "http"'),
    ):
        code = code.replace(secure, plain)
    return code
