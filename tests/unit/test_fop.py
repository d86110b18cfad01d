from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upgate import encoding, limits
from upgate.errors import BadFopError
from upgate.fops.fop import Fop, SaveAs, parse_pipe, split_job

ENTRY = encoding.encode(b"bkt:a/b.mp3")


def test_the_seeds_command_is_a_name_and_its_arguments() -> None:
    text = "avthumb/mp3/ar/44100/ab/32k"
    pipe = parse_pipe(text)
    assert pipe.commands == (Fop("avthumb", ("mp3", "ar", "44100", "ab", "32k"), text),)
    assert pipe.save_as is None
    assert pipe.text == text


def test_the_seeds_job_has_two_pipes() -> None:
    assert split_job("avthumb/mp3/ar/44100/ab/32k;avthumb/mp3/aq/6/ar/16000") == (
        "avthumb/mp3/ar/44100/ab/32k",
        "avthumb/mp3/aq/6/ar/16000",
    )


def test_a_pipe_keeps_the_order_of_its_commands() -> None:
    pipe = parse_pipe("vframe/jpg/offset/1|imageView2/1/w/120|watermark/2/text/eA==")
    assert [fop.name for fop in pipe.commands] == ["vframe", "imageView2", "watermark"]


def test_saveas_leaves_the_commands_and_names_bucket_and_key() -> None:
    pipe = parse_pipe(f"avthumb/mp3|saveas/{ENTRY}")
    assert [fop.name for fop in pipe.commands] == ["avthumb"]
    assert pipe.save_as == SaveAs("bkt", "a/b.mp3", f"saveas/{ENTRY}")


def test_saveas_of_the_published_vector_is_read() -> None:
    # protocol.md 9.4
    pipe = parse_pipe(
        "avthumb/mp3|saveas/Ymt0OmEvYi5tcDM=/sign/testak:TiSiF68BpOKlLyefqctKySETybQ="
    )
    assert pipe.save_as == SaveAs(
        "bkt",
        "a/b.mp3",
        "saveas/Ymt0OmEvYi5tcDM=",
        signature="testak:TiSiF68BpOKlLyefqctKySETybQ=",
    )


def test_saveas_takes_the_modern_parameters() -> None:
    save_key = encoding.encode(b"$(etag).mp3")
    text = f"saveas/{ENTRY}/deleteAfterDays/7/saveKey/{save_key}/forceSaveKey/1"
    save_as = parse_pipe(f"avthumb/mp3|{text}").save_as
    assert save_as == SaveAs("bkt", "a/b.mp3", text, 7, "$(etag).mp3", True)


def test_saveas_of_a_bucket_alone_leaves_the_key_open() -> None:
    save_as = parse_pipe(f"avthumb/mp3|saveas/{encoding.encode(b'bkt')}").save_as
    assert save_as is not None
    assert save_as.key is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty command"),
        ("|avthumb/mp3", "empty command"),
        ("avthumb/mp3|", "empty command"),
        ("avthumb//mp3", "empty argument"),
        ("avthumb/", "empty argument"),
        ("av thumb/mp3", "name"),
        ("../x", "name"),
        ("avthumb/mp\n3", "control character"),
        (f"saveas/{ENTRY}", "needs a command"),
        (f"saveas/{ENTRY}|avthumb/mp3", "last"),
        (f"avthumb/mp3|saveas/{ENTRY}|saveas/{ENTRY}", "last"),
        ("avthumb/mp3|saveas", "missing"),
        ("avthumb/mp3|saveas/!", "base64"),
        ("avthumb/mp3|saveas/" + encoding.encode(b":key"), "bucket:key"),
        ("avthumb/mp3|saveas/" + encoding.encode(b"bkt:"), "bucket:key"),
        ("avthumb/mp3|saveas/" + encoding.encode(b"\xff"), "base64"),
        (f"avthumb/mp3|saveas/{ENTRY}/deleteAfterDays", "no value"),
        (f"avthumb/mp3|saveas/{ENTRY}/deleteAfterDays/0", "deleteAfterDays"),
        (f"avthumb/mp3|saveas/{ENTRY}/forceSaveKey/2", "forceSaveKey"),
        (f"avthumb/mp3|saveas/{ENTRY}/insertOnly/yes", "insertOnly must be 0 or 1"),
        (f"avthumb/mp3|saveas/{ENTRY}/other/1", "unknown parameter other"),
        (f"avthumb/mp3|saveas/{ENTRY}/sign/a:b/sign/a:b", "twice"),
        (f"avthumb/mp3|saveas/{ENTRY}/sign/a:b/deleteAfterDays/1", "sign must be the last"),
    ],
)
def test_what_the_grammar_has_not_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(BadFopError, match=reason):
        parse_pipe(text)


def test_a_pipe_of_as_many_commands_as_allowed_is_read() -> None:
    text = "|".join(["avinfo"] * limits.FOP_PIPE_COMMANDS)
    assert len(parse_pipe(f"{text}|saveas/{ENTRY}").commands) == limits.FOP_PIPE_COMMANDS


def test_one_command_more_is_refused() -> None:
    with pytest.raises(BadFopError, match="more than"):
        parse_pipe("|".join(["avinfo"] * (limits.FOP_PIPE_COMMANDS + 1)))


def test_a_command_of_the_longest_text_is_read() -> None:
    text = "x/" + "a" * (limits.FOP_BYTES - 2)
    assert parse_pipe(text).text == text


def test_one_byte_more_is_refused() -> None:
    with pytest.raises(BadFopError, match="longer than"):
        parse_pipe("x/" + "a" * (limits.FOP_BYTES - 1))


def test_a_job_of_as_many_pipes_as_allowed_is_split() -> None:
    assert len(split_job(";".join(["a"] * limits.FOP_JOB_PIPES))) == limits.FOP_JOB_PIPES


@pytest.mark.parametrize("text", ["", ";".join(["a"] * (limits.FOP_JOB_PIPES + 1))])
def test_an_empty_or_longer_job_is_refused(text: str) -> None:
    with pytest.raises(BadFopError):
        split_job(text)


@given(st.text(max_size=60))
def test_any_text_is_either_read_whole_or_refused(text: str) -> None:
    try:
        pipe = parse_pipe(text)
    except BadFopError:
        return
    pieces = [fop.text for fop in pipe.commands]
    assert "|".join(pieces) == text.split("|saveas", 1)[0]
