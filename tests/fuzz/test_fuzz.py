"""A bounded run of every fuzz target; `make fuzz` runs them for as long as one likes."""

from __future__ import annotations

import importlib
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fuzz import encoded_form, magic_variable, raw_form, template
from upgate.intake import form
from upgate.intake.upload_request import Content, UploadRequest
from upgate.variables import templates
from upgate.variables.templates import Resolve

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "corpus"
# By number, so that a run does not depend on the machine; some two seconds each.
RUNS = {"raw_form": 8000, "encoded_form": 2500, "template": 4000, "magic_variable": 10_000}

# atheris has a wheel for one platform only; there it is never missing.
needs_atheris = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"),
    reason="atheris has no wheel for this platform",
)


@pytest.mark.parametrize("target", RUNS)
def test_every_input_of_the_corpus_keeps_the_promises(target: str) -> None:
    check: Callable[[bytes], None] = importlib.import_module(f"tests.fuzz.{target}").check
    inputs = [path.read_bytes() for path in (CORPUS / target).iterdir()]
    assert inputs
    for data in inputs:
        check(data)


@needs_atheris
@pytest.mark.parametrize("target", RUNS)
def test_bounded_run_finds_no_input_that_breaks_a_promise(target: str, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    options = [f"-runs={RUNS[target]}", "-seed=5", "-timeout=20", f"-artifact_prefix={tmp_path}/"]
    command = [sys.executable, "-m", "tests.fuzz.run", target, *options, str(new)]
    # A process inherits its parent's peak of memory, which the fuzzer takes for its own: a shell
    # in between has a small one.
    run = subprocess.run(
        ["sh", "-c", '"$@"; exit $?', "sh", *command, str(CORPUS / target)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    found = [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()]
    assert (run.returncode, found) == (0, []), run.stderr[-3000:]
    assert list(new.iterdir()), "no coverage was seen: nothing is instrumented"


# The targets can fail.


def read(target: str, name: str) -> bytes:
    return (CORPUS / target / name).read_bytes()


def test_parser_that_loses_a_byte_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(content_type: str, body: Content) -> tuple[UploadRequest, Content]:
        request, content = form.parse_form(content_type, body)
        return request, content[:-1]

    monkeypatch.setattr(raw_form, "parse_form", parse)
    monkeypatch.setattr(encoded_form, "parse_form", parse)
    with pytest.raises(AssertionError):
        raw_form.check(read("raw_form", "chrome"))
    with pytest.raises(AssertionError):
        encoded_form.check(read("encoded_form", "photo"))


def test_error_that_is_none_of_ours_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form, "_text", lambda part: part.content.decode("ascii"))
    with pytest.raises(UnicodeDecodeError):
        raw_form.check(read("raw_form", "chrome"))


def test_second_pass_over_a_template_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(text: str, resolve: Resolve) -> str:
        return templates.render_text(templates.render_text(text, resolve), resolve)

    monkeypatch.setattr(template, "render_text", twice)
    with pytest.raises(AssertionError, match="grammar"):
        template.check(read("template", "second-pass"))


def test_value_that_is_not_escaped_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "_dump", lambda value: f'"{value}"')
    with pytest.raises(AssertionError, match="grammar"):
        template.check(read("template", "nested"))


def test_variable_that_raises_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "upgate.images.exif.read_exif", lambda stream: {"a": stream.read(1).decode()}
    )
    with pytest.raises(UnicodeDecodeError):
        magic_variable.check(read("magic_variable", "rgb.jpg"))
