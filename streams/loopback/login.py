# SPDX-License-Identifier: AGPL-3.0-or-later
"""The camera's side of Basic and Digest login (RFC 7617, RFC 2617 as cameras speak it)."""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Literal

FIELDS = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


@dataclass(frozen=True, slots=True)
class Login:
    """Who may watch. `qop` asks for the newer Digest form with a client nonce."""

    user: str
    password: str = field(repr=False)
    scheme: Literal["basic", "digest"] = "digest"
    qop: bool = False
    realm: str = "loopback camera"
    nonce: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)

    def challenge(self) -> str:
        """The WWW-Authenticate header."""
        if self.scheme == "basic":
            return f'Basic realm="{self.realm}"'
        qop = ', qop="auth"' if self.qop else ""
        return f'Digest realm="{self.realm}", nonce="{self.nonce}"{qop}'

    def accepts(self, method: str, authorization: str) -> bool:
        """Whether this Authorization header proves the password for this RTSP method."""
        if self.scheme == "basic":
            return secrets.compare_digest(authorization.encode(), self._basic().encode())
        if not authorization.startswith("Digest "):
            return False
        given = {name: quoted or bare for name, quoted, bare in FIELDS.findall(authorization)}
        return secrets.compare_digest(given.get("response", "").encode(), self._response(method, given).encode())

    def _basic(self) -> str:
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    def _response(self, method: str, given: dict[str, str]) -> str:
        who = _md5(f"{self.user}:{self.realm}:{self.password}")
        what = _md5(f"{method}:{given.get('uri', '')}")
        if not self.qop:
            return _md5(f"{who}:{self.nonce}:{what}")
        return _md5(f"{who}:{self.nonce}:{given.get('nc', '')}:{given.get('cnonce', '')}:auth:{what}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # the protocol names MD5
