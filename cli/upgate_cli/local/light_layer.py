"""The media layer without its 200 MB of dependencies, so that a start stays quick.

The emulator unzips every layer once per execution environment, without the files' modes: ffmpeg
would not even be executable. The same pinned packages come from the emulator's own environment
(group `local` of pyproject.toml), which its functions inherit;
tests/functional/test_built_artefact.py builds the real layer and runs it.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from upgate_cli.local import token_auth
from upgate_cli.local.template_source import read_template

_LAYER = "MediaLayer"
_NESTED = "AWS::CloudFormation::Stack"
_CODE = Path("layers") / "media"


def write_template(root: Path, state: Path) -> Path:
    """Write template.yaml anew below `state`, with the layer's own code ready to be zipped.

    Paths in it still count from `root`, or are whole. Raises StartError when SAM's own parser is
    missing.
    """
    template = read_template(root)
    layer = template.get("Resources", {}).get(_LAYER)
    if layer is not None:
        target = state / "media-layer"
        shutil.copytree(
            root / _CODE,
            target / "python",
            ignore=shutil.ignore_patterns("__pycache__", "requirements.txt"),
        )
        layer["Properties"]["ContentUri"] = str(target)
        del layer["Metadata"]  # nothing to build
    for resource in template.get("Resources", {}).values():
        if resource["Type"] == _NESTED:  # the one path that counts from the template itself
            properties = resource["Properties"]
            properties["TemplateURL"] = str(root / properties["TemplateURL"])
    token_auth.allow_loopback_issuer(template)
    path = state / "template.json"
    path.write_text(json.dumps(template))
    return path
