"""Whether an upload is one that was made before, or a new one of the same content.

Only a form has to be asked: one of several requests (a session) has an identity that is used once.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from upgate.intake import object_metadata
from upgate.intake.upload_request import UploadRequest
from upgate.objects.storage import Destination, StoredObject

type Find = Callable[[Destination], StoredObject | None]
"""What a destination holds now; see `storage.find`."""


def salt_of_new(request: UploadRequest, destination: Destination, find: Find) -> str:
    """What tells a new upload of old content from the accepted one; empty if it is that one.

    A form may as well be a new upload, if its object is gone or was overwritten since; and one
    that finds the object of such a new upload repeats that.
    """
    if request.session is not None:
        return ""
    first = destination.upload_id
    found = find(destination)
    there = found.upload_id if found is not None else None
    if there == first:
        return ""
    if there is not None and there.startswith(f"{first}-"):
        return there.removeprefix(f"{first}-")
    if found is not None and _is_as_stored(found, destination):
        return ""
    return secrets.token_hex(8)


def _is_as_stored(found: StoredObject, destination: Destination) -> bool:
    """Whether storing the form again would change nothing of another upload's object.

    Somebody else with the token may have sent the same; insert-only, nothing is written then.
    """
    if found.etag != destination.etag:
        return False
    return destination.insert_only or (
        found.mime_type == destination.mime_type
        and found.metadata == object_metadata.to_entries(destination.metadata)
    )


def is_replaced(request: UploadRequest, destination: Destination, find: Find) -> bool:
    """Whether storing the form again would put its content over another upload's object."""
    if request.session is not None or destination.insert_only:
        return False
    found = find(destination)
    return found is not None and found.upload_id != destination.upload_id
