"""imageslim: the same picture in fewer bytes; what does not become smaller stays as it is.

Kodo's own way is not public. Here it is a new encoding without metadata: a JPEG at its own quality,
at most 75, any other format at its default.
"""

from __future__ import annotations

from pathlib import Path

from upgate.errors import BadFopError
from upgate.fops.fop import Fop
from upgate_media.image_job import Job, work
from upgate_media.image_steps import AutoOrient
from upgate_media.run_types import MediaSettings, Output, Source


def run(fop: Fop, source: Source, workspace: Path, settings: MediaSettings) -> Output:
    """Encode the picture anew; raises BadFopError and what image_job.work raises."""
    return work(parse(fop), source, workspace, settings)


def parse(fop: Fop) -> Job:
    """It takes no parameters; raises BadFopError."""
    if fop.args:
        raise BadFopError(f"{fop.name} takes no parameters")
    return Job(steps=(AutoOrient(),), never_grows=True)
