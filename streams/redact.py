# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hides passwords in text that people or logs will see."""

import re

HIDDEN = "***"
# Greedy up to the last @ before white space: people write passwords with @, / and quotes in them unencoded.
USERINFO = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)\S*@", re.IGNORECASE)
SECRETS = re.compile(
    r"""(?P<name>(?<![a-z0-9])(?:\w*(?:token|password|passwd|pwd|secret|signature|api_?key)|(?:login)?pass?|auth|key|sig))=[^&\s'"<>#;,)]+""",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """The text with the login part of every URL, and every token or password parameter, replaced by ***."""
    return SECRETS.sub(rf"\g<name>={HIDDEN}", USERINFO.sub(rf"\g<scheme>{HIDDEN}@", text))
