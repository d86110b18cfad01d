from __future__ import annotations

import json
import time
from collections.abc import Callable
from urllib.parse import parse_qs, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upgate import limits
from upgate.errors import InvalidArgumentError
from upgate.variables.templates import (
    Json,
    Resolve,
    render_form,
    render_json,
    render_text,
    variables_in,
)

VALUES: dict[str, Json] = {
    "key": "a/b.jpg",
    "fname": "sun flower.jpg",
    "fsize": 5,
    "ratio": 1.5,
    "yes": True,
    "empty": "",
    "x:a": "甲",
    "x:var": "$(key)",
    "imageInfo": {"format": "jpeg", "width": 640},
    "imageInfo.width": 640,
}
RENDERERS = [render_json, render_form, render_text]
# protocol.md 6.3: the key of JAVA FixBlockUploaderTest, and others that break naive templates.
NASTY = [
    "\r\n?&r=6144k",
    'a\\b\\c"hello',
    "你好?&=\r\n",
    '"',
    "\\",
    "\0\x1f\x7f",
    "\u2028😀",
    "%41+;",
]


def _resolve(name: str) -> Json:
    return VALUES.get(name)


def _always(value: Json) -> Resolve:
    return lambda _name: value


# JSON templates.


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("$(key)", '"a/b.jpg"'),
        ("${key}", '"a/b.jpg"'),
        ("$(fsize)", "5"),
        ("$(ratio)", "1.5"),
        ("$(yes)", "true"),
        ("$(empty)", '""'),
        ("$(imageInfo)", '{"format":"jpeg","width":640}'),
        ("$(imageInfo.width)", "640"),
        ("$(missing)", "null"),
        ("$()", "null"),
        ("${}", "null"),
        ("$( key )", '"a/b.jpg"'),
    ],
)
def test_a_bare_variable_becomes_a_json_literal(template: str, result: str) -> None:
    assert render_json(template, _resolve) == result


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ('"$(key)"', '"a/b.jpg"'),
        ('"${key}"', '"a/b.jpg"'),
        ('"$(fsize)"', '"5"'),
        ('"$(ratio)"', '"1.5"'),
        ('"$(yes)"', '"true"'),
        ('"$(imageInfo)"', '"{\\"format\\":\\"jpeg\\",\\"width\\":640}"'),
        ('"$(imageInfo.width)"', '"640"'),
        ('"$(missing)"', '""'),
        ('"$()${}"', '""'),
        ('"$(x:a)_${fname}!"', '"甲_sun flower.jpg!"'),
        ('"\\"$(fsize)\\""', '"\\"5\\""'),
        ('"\\\\$(fsize)"', '"\\\\5"'),
    ],
)
def test_a_variable_inside_a_string_becomes_its_text(template: str, result: str) -> None:
    assert render_json(template, _resolve) == result


def test_the_sample_of_the_vars_page_is_filled_in() -> None:
    """protocol.md 6.3, item 1."""
    template = '{"key":$(key),"w":$(imageInfo.width)}'
    assert render_json(template, _resolve) == '{"key":"a/b.jpg","w":640}'


def test_a_template_for_the_mobile_suites_stays_json_without_the_variable() -> None:
    """protocol.md 6.3, item 3: AND TestConfig.java, IOS QNTestConfig.h."""
    rendered = render_json('{"foo":$(x:foo),"bar":"$(x:bar)"}', _resolve)
    assert json.loads(rendered) == {"foo": None, "bar": ""}


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("template", ['{"k":"$(key)"}', '{"k":$(key)}', '{"k":"${key}"}'])
def test_any_text_comes_back_out_of_the_json(template: str, text: str) -> None:
    assert json.loads(render_json(template, _always(text))) == {"k": text}


def test_a_text_in_a_string_cannot_end_it() -> None:
    rendered = render_json('{"a":"$(x)","b":1}', _always('","b":2,"c":"'))
    assert json.loads(rendered) == {"a": '","b":2,"c":"', "b": 1}


def test_a_variable_in_a_member_name_is_filled_in() -> None:
    assert render_json('{"$(key)":1}', _resolve) == '{"a/b.jpg":1}'


@pytest.mark.parametrize("template", [" ", "", "{}", '{ "a" : [1, 2.50, "\\u4f60"] }', "not json"])
def test_a_template_without_variables_is_passed_on_as_it_is(template: str) -> None:
    assert render_json(template, _resolve) == template


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ('"abc $(fsize)', '"abc 5'),  # a string that never ends: still a string
        ('"abc\\', '"abc\\'),
        ('"$(key', '"$(key'),
        ('"$(key"$(fsize)', '"$(key"5'),  # a variable does not reach beyond its string
        ("$(key", "$(key"),
        ("${key)", "${key)"),
        ("$(key}", "$(key}"),
        ("$key $ () {}", "$key $ () {}"),
        ("$$(fsize)", "$5"),
        ("$($(fsize))", "$(5)"),  # filled in once, from inside; the result is no variable
        ("$(a(b))", "$(a(b))"),
    ],
)
def test_what_is_no_variable_is_passed_on_as_it_is(template: str, result: str) -> None:
    assert render_json(template, _resolve) == result


# Form and plain templates.


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("key=$(key)&n=${fname}", "key=a%2Fb.jpg&n=sun%20flower.jpg"),
        ("n=$(fsize)&m=$(missing)&e=$(empty)", "n=5&m=&e="),
        ("i=$(imageInfo)", "i=%7B%22format%22%3A%22jpeg%22%2C%22width%22%3A640%7D"),
        ("a=$(x:a)", "a=%E7%94%B2"),
        ('q="$(fsize)"', 'q="5"'),
        ("a=1&b=/?;+%41 c", "a=1&b=/?;+%41 c"),  # the template's own text stays
    ],
)
def test_a_form_value_is_percent_encoded(template: str, result: str) -> None:
    assert render_form(template, _resolve) == result


def test_a_question_mark_is_encoded_as_kodo_does() -> None:
    """protocol.md 6.3: ISS:qiniu/objc-sdk#233 shows `name=%3F`."""
    assert render_form("name=$(fname)", _always("?")) == "name=%3F"


@pytest.mark.parametrize("text", [*NASTY, "&key=evil", "a=b", "100%"])
def test_any_text_comes_back_out_of_the_form(text: str) -> None:
    rendered = render_form("a=$(x:a)&b=1", _always(text))
    assert parse_qs(rendered, keep_blank_values=True) == {"a": [text], "b": ["1"]}


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("$(key)", "a/b.jpg"),
        ("u/${x:a}:$(fsize)$(missing)", "u/甲:5"),
        ('"$(key)"', '"a/b.jpg"'),
        ("", ""),
    ],
)
def test_plain_text_is_filled_in_as_it_is(template: str, result: str) -> None:
    assert render_text(template, _resolve) == result


# All of them.


@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize("template", ["$(x:var)", '"$(x:var)"'])
def test_a_value_is_never_a_template_itself(
    render: Callable[[str, Resolve], str], template: str
) -> None:
    """protocol.md 6.3: `"x:mimeType":"$(mimeType)"` is echoed raw (ISS:qiniu/js-sdk#161)."""
    assert unquote(render(template, _resolve)).strip('"') == "$(key)"


@pytest.mark.parametrize("render", RENDERERS)
def test_two_values_side_by_side_make_no_variable(render: Callable[[str, Resolve], str]) -> None:
    values: dict[str, Json] = {"a": "$(", "b": "fsize)", "fsize": 5}
    assert "5" not in unquote(render('"$(a)$(b)"', values.get))


@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize(
    "template",
    [
        "$(" * 12_000,
        "${" * 12_000,
        "$(${" * 6_000,
        "$(" + "a" * 24_000,
        '"' * 24_000,
        '"' + "\\" * 24_000,
        '"' + '\\"' * 12_000,
        '"' + "$(" * 12_000,
        '"$(a' * 6_000,
        "$(a)" * 6_000,
        '"' + "$(a)" * 6_000,
        "$(a" + '"' * 24_000 + ")",
    ],
)
def test_a_hostile_template_costs_no_more_than_its_length(
    render: Callable[[str, Resolve], str], template: str
) -> None:
    """24,000 characters: what a token can hold. Anything quadratic takes seconds."""
    started = time.process_time()
    render(template, _resolve)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("render", RENDERERS)
def test_values_up_to_the_limit_are_filled_in(render: Callable[[str, Resolve], str]) -> None:
    values = {"a": "a" * (limits.RENDERED_BYTES - 10), "b": "b" * 10}
    assert len(render('"$(a)$(b)"', values.get)) == limits.RENDERED_BYTES + len('""')


@pytest.mark.parametrize("render", RENDERERS)
def test_values_one_byte_over_the_limit_are_refused(
    render: Callable[[str, Resolve], str],
) -> None:
    values = {"a": "a" * (limits.RENDERED_BYTES - 10), "b": "b" * 11}
    with pytest.raises(InvalidArgumentError):
        render('"$(a)$(b)"', values.get)


@pytest.mark.parametrize("render", [render_json, render_text])
def test_the_limit_counts_bytes_and_not_characters(render: Callable[[str, Resolve], str]) -> None:
    with pytest.raises(InvalidArgumentError):
        render('"$(a)"', _always("图" * (limits.RENDERED_BYTES // 3 + 1)))


def test_every_call_has_a_limit_of_its_own() -> None:
    value = _always("a" * limits.RENDERED_BYTES)
    render_text("$(a)", value)
    assert render_text("$(a)", value)


def test_the_names_in_a_template_are_listed() -> None:
    assert variables_in('{"a":$(key),"$( x:b )":"${imageInfo.width}$("}') == {
        "key",
        "x:b",
        "imageInfo.width",
    }


# Properties.

_SCALARS = st.none() | st.booleans() | st.integers() | st.text()


@settings(deadline=None)  # a busy machine is no fault of the code
@given(st.text())
def test_text_inside_a_string_round_trips(text: str) -> None:
    assert json.loads(render_json('"<$(a)>"', _always(text))) == f"<{text}>"


@settings(deadline=None)  # a busy machine is no fault of the code
@given(st.text(), st.text())
def test_text_in_a_form_round_trips(first: str, second: str) -> None:
    rendered = render_form("a=$(a)&b=$(b)", {"a": first, "b": second}.get)
    assert parse_qs(rendered, keep_blank_values=True) == {"a": [first], "b": [second]}


@settings(deadline=None)  # a busy machine is no fault of the code
@given(
    st.recursive(
        st.sampled_from(["$(a)", "${b}", '"$(a)"', '"-${b}$(a)"', '"x"', "1", "null"]),
        lambda inner: (
            st.lists(inner, max_size=4).map(lambda items: f"[{','.join(items)}]")
            | st.lists(inner, max_size=4).map(
                lambda items: (
                    "{" + ",".join(f'"{n}$(a)":{item}' for n, item in enumerate(items)) + "}"
                )
            )
        ),
        max_leaves=12,
    ),
    _SCALARS,
    _SCALARS,
)
def test_a_json_template_stays_json_whatever_its_variables_hold(
    template: str, first: Json, second: Json
) -> None:
    json.loads(render_json(template, {"a": first, "b": second}.get))
