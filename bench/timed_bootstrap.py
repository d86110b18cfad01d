"""The runtime client's own start, with the import of the handler's module timed.

Run by the emulator in place of `python -m awslambdaric`; writes milliseconds of processor time to
the file that BENCH_TIME names. Of processor time, so that what else this machine does is left out.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from awslambdaric import __main__, bootstrap

_get_handler: Callable[[str], Any] = bootstrap._get_handler


def _timed(handler: str) -> Any:
    started = time.process_time()
    found = _get_handler(handler)
    milliseconds = (time.process_time() - started) * 1000
    Path(os.environ["BENCH_TIME"]).write_text(str(milliseconds))
    return found


bootstrap._get_handler = _timed
__main__.main(sys.argv)
