"""Upload tokens: what each part of the app may upload, and who is told of it."""

from __future__ import annotations

import json

import qiniu

from business_server.settings import Settings

MESSAGE_CALLBACK = "/callback/message"
PAGE_CALLBACK = "/qiniu/callback"
PHOTO_CALLBACK = "/callback/photo"

_LIFETIME_SECONDS = 3600


class Tokens:
    """Signs with the official SDK; the policy is all that the gateway goes by."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._auth = qiniu.Auth(settings.access_key, settings.secret_key)

    def for_message(self, uid: str) -> str:
        """A file in a chat: the callback tells its name and whose it is."""
        return self._sign(
            {
                "callbackUrl": self._settings.url + MESSAGE_CALLBACK,
                # $(endUser) and not the uid itself: a value is escaped, text of a template is not.
                "callbackBody": "name=$(fname)&uid=$(endUser)",
                "endUser": uid,
            }
        )

    def for_page(self) -> str:
        """The upload page: the gateway names the file after the time and its own name.

        `returnBody` is of no effect beside a callback, whose answer the client gets.
        """
        told = {
            "key": "$(key)",
            "imageInfo": "$(imageInfo.width)",
            "bucket": "$(bucket)",
            "myname": "liyulin",
        }
        return self._sign(
            {
                "callbackUrl": self._settings.url + PAGE_CALLBACK,
                "callbackBody": "filename=$(key)&filesize=$(fsize)",
                "saveKey": "$(year)$(mon)$(day)$(hour)$(min)$(sec)$(fname)",
                "returnBody": json.dumps(told),
            }
        )

    def for_photo(self, uid: str) -> str:
        """A photo, told of in JSON. JSON is signed by the Standard Webhooks headers only."""
        return self._sign(
            {
                "callbackUrl": self._settings.url + PHOTO_CALLBACK,
                "callbackBody": (
                    '{"name":$(fname),"uid":$(endUser),"album":$(x:album),'
                    '"width":$(imageInfo.width),"height":$(imageInfo.height)}'
                ),
                "callbackBodyType": "application/json",
                "endUser": uid,
                "mimeLimit": "image/*",
                "fsizeLimit": 20 * 1024 * 1024,
            }
        )

    def for_form(self) -> str:
        """A plain form: no script and no callback; the browser comes back to `/done`."""
        return self._sign(
            {
                "returnUrl": f"{self._settings.url}/done",
                "returnBody": '{"key":$(key),"name":$(fname),"album":$(x:album)}',
            }
        )

    def _sign(self, policy: dict[str, object]) -> str:
        token: str = self._auth.upload_token(
            self._settings.bucket, expires=_LIFETIME_SECONDS, policy=policy
        )
        return token
