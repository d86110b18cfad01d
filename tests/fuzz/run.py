"""Coverage-guided fuzzing: `python -m tests.fuzz.run <target> [libFuzzer options] [corpus ...]`.

The options are libFuzzer's; `-help=1` lists them. New inputs are written to the first corpus named.
"""

from __future__ import annotations

import importlib
import sys

import atheris

TARGETS = ("raw_form", "encoded_form", "template", "magic_variable")


def main() -> None:
    """Run one target until its number of runs is done, or an input breaks a promise of it."""
    target = sys.argv[1]
    if target not in TARGETS:
        raise SystemExit(f"no target {target!r}; there are {', '.join(TARGETS)}")
    # What is under test, and the target's own reading of it: new ways through an encoder or Pillow
    # are no findings.
    with atheris.instrument_imports(include=["upgate", "multipart", "tests.fuzz"]):
        module = importlib.import_module(f"tests.fuzz.{target}")
    atheris.Setup([f"fuzz {target}", *sys.argv[2:]], module.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
