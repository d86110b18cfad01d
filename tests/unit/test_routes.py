from __future__ import annotations

import pytest

from upgate.answers import routes
from upgate.errors import MethodNotAllowedError, NotFoundError


@pytest.mark.parametrize("path", ["/", "/token", "/putb64/5", "/putb64/-1/key/YQ==/x:a/Yg=="])
def test_a_known_path_has_another_method(path: str) -> None:
    with pytest.raises(MethodNotAllowedError) as caught:
        routes.refuse(path)
    assert caught.value.allow == ("POST", "OPTIONS")


@pytest.mark.parametrize(
    "path", ["", "//", "/tokens", "/token/", "/TOKEN", "/putb64", "/putb64/", "/a", "/index.html\n"]
)
def test_an_unknown_path_is_not_found(path: str) -> None:
    with pytest.raises(NotFoundError):
        routes.refuse(path)
