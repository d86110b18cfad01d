"""The official Python SDK pointed at a gateway, and its global settings put back afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import qiniu
from qiniu import Zone


@contextmanager
def pointed_at(url: str, **settings: object) -> Iterator[None]:
    """What README.md and docs/wiring tell to set; `settings` are more of `set_default`'s."""
    config = qiniu.config
    kept = dict(config._config), dict(config._is_customized_default)
    zone = Zone(
        up_host=url,
        up_host_backup=url,
        io_host=url,
        rs_host=url,
        rsf_host=url,
        api_host=url,
        scheme="http",
    )
    config.set_default(default_zone=zone, **settings)
    try:
        yield
    finally:
        config._config, config._is_customized_default = kept
