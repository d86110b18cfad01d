"""The runtime client's own start, with the import of the handler's module timed.

Run in the function's process in place of `python -m awslambdaric`; writes milliseconds to the file
that BENCH_TIMES names.
"""

import os
import sys
import time

from awslambdaric import __main__, bootstrap

_get_handler = bootstrap._get_handler


def _timed(handler):  # type: ignore[no-untyped-def]
    started = time.process_time()
    found = _get_handler(handler)
    elapsed = (time.process_time() - started) * 1000
    with open(os.environ["BENCH_TIMES"], "w") as file:
        file.write(str(elapsed))
    return found


bootstrap._get_handler = _timed
__main__.main(sys.argv)
