"""The pages: an upload by script, a plain form, and where the form's redirect leads to."""

from __future__ import annotations

import base64
import html
from string import Template
from urllib.parse import parse_qs

# The upload host is the form's own `action`; nothing but the token comes from this server.
_UP = Template("""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Upload</title>
<form id="form1" action="$gateway/">
  <input name="token" type="hidden" value="$token">
  <label>File <input name="file" type="file" required></label>
  <button>Upload</button>
</form>
<p id="answer" role="status"></p>
<div id="preview"><img alt="" hidden></div>
<script>
  const form = document.getElementById("form1");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await fetch(form.action, {method: "POST", body: new FormData(form)});
    const data = await answer.json();
    document.getElementById("answer").textContent =
      answer.ok ? data.message + ": " + data.key : answer.status + ": " + data.error;
    if (answer.ok) {
      const image = document.querySelector("#preview img");
      image.src = form.action + encodeURIComponent(data.key);
      image.hidden = false;
    }
  });
</script>
</html>
""")

_FORM = Template("""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Upload</title>
<form method="post" action="$gateway/" enctype="multipart/form-data">
  <input name="token" type="hidden" value="$token">
  <input name="x:album" type="hidden" value="$album">
  <label>File <input name="file" type="file" required></label>
  <button>Upload</button>
</form>
</html>
""")

_DONE = Template("""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>$title</title>
<h1>$title</h1>
<pre>$details</pre>
</html>
""")


def upload_page(gateway: str, token: str) -> str:
    """Seed 001's page: a hidden token, a file, a script."""
    return _UP.substitute(gateway=html.escape(gateway), token=html.escape(token))


def form_page(gateway: str, token: str, album: str) -> str:
    """A form without any script."""
    return _FORM.substitute(
        gateway=html.escape(gateway), token=html.escape(token), album=html.escape(album)
    )


def done_page(query: str) -> str:
    """What the redirect brought. Anybody can write such a URL: it is to be shown, not believed."""
    values = parse_qs(query)
    if "upload_ret" in values:
        try:
            told = base64.urlsafe_b64decode(values["upload_ret"][0]).decode()
        except ValueError:
            told = "unreadable"
        return _DONE.substitute(title="Uploaded", details=html.escape(told))
    told = f"{values.get('code', ['?'])[0]}: {values.get('error', ['?'])[0]}"
    return _DONE.substitute(title="Not uploaded", details=html.escape(told))
