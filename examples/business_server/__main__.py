"""Runs the sample: `python -m business_server --port 8000`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from business_server import settings
from business_server.server import BusinessServer
from business_server.uploads import Uploads


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="business_server", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free one")
    parser.add_argument("--url", help="own origin, as the gateway reaches it")
    parser.add_argument("--database", type=Path, default=Path("business.sqlite3"))
    options = parser.parse_args()
    with BusinessServer((options.host, options.port), Uploads(options.database)) as server:
        here = f"http://{options.host}:{server.server_address[1]}"
        try:
            server.configure(settings.from_environment(os.environ, options.url or here))
        except KeyError as error:
            parser.error(f"the environment has no {error.args[0]}")
        print(f"ready {here}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


main()
