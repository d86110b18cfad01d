"""How a business server knows that a callback is the gateway's: five languages, official SDKs.

The signature is the classic one (protocol.md 7.1); a JSON body is not part of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from upgate.tokens.put_policy import FORM_BODY

_PYTHON = """\
# pip install qiniu
from qiniu import Auth

def is_genuine(request):  # Flask
    return Auth(ACCESS_KEY, SECRET_KEY).verify_callback(
        request.headers["Authorization"], {url}, request.get_data(as_text=True), {type})
"""

_PHP = """\
// composer require qiniu/php-sdk
$auth = new Qiniu\\Auth($accessKey, $secretKey);
$genuine = $auth->verifyCallback(
    {type}, $_SERVER['HTTP_AUTHORIZATION'], {url}, file_get_contents('php://input'));
"""

_NODE = """\
// npm install qiniu
const qiniu = require('qiniu');
const mac = new qiniu.auth.digest.Mac(accessKey, secretKey);
// Express with express.text({{ type: '*/*' }}): the body as it came{node_note}
const genuine = qiniu.util.isQiniuCallback(
  mac, {url}, {node_body}, req.get('Authorization'));
"""

_GO = """\
// go get github.com/qiniu/go-sdk/v7
import "github.com/qiniu/go-sdk/v7/auth"

genuine, err := auth.New(accessKey, secretKey).VerifyCallback(request) // *http.Request
"""

_JAVA = """\
// com.qiniu:qiniu-java-sdk
Auth auth = Auth.create(accessKey, secretKey);
boolean genuine = auth.isValidCallback(
    request.getHeader("Authorization"), {url}, body, {type}); // body: byte[] as it came
"""

_TEMPLATES = {"python": _PYTHON, "php": _PHP, "node": _NODE, "go": _GO, "java": _JAVA}
LANGUAGES = tuple(_TEMPLATES)
# Single quotes in PHP and JavaScript, double ones elsewhere: `$` would be a variable in PHP.
_QUOTES: Mapping[str, str] = {"php": "'", "node": "'"}


def snippet(language: str, url: str, content_type: str) -> str:
    """Ready code for callbacks to `url` with bodies of `content_type`."""
    quote = _QUOTES.get(language, '"')
    is_form = content_type == FORM_BODY
    return _TEMPLATES[language].format(
        url=_literal(url, quote),
        type=_literal(content_type, quote),
        node_body="req.body" if is_form else "null",
        node_note="" if is_form else "; JSON is not signed",
    )


def _literal(text: str, quote: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    return f"{quote}{escaped}{quote}"
