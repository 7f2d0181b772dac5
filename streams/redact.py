# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hides passwords in text that people or logs will see."""

import re

HIDDEN = "***"
# Greedy up to the last @ before white space: people write passwords with @, / and quotes in them unencoded. All
# patterns begin where a word or a name begins, so that long text takes no longer than its length.
LOGIN = re.compile(r"(?<!\S)\S*@")
USER = re.compile(r"""(?<![^\s/'"=(\[{<,;:])[^\s/'"=(\[{<,;:]+:(?P<slashes>//)?""")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
PATH = re.compile(
    r"""(?<![a-z0-9+.-])(?P<place>[a-z][a-z0-9+.-]*://[^\s/'"]+/)(?P<path>[^\s?#'",;<>()\[\]{}]+)""", re.IGNORECASE
)
PAIR = re.compile(r"[^/:]+:[^/]+")
SECRETS = re.compile(
    r"""(?P<name>(?<!\w)\w*(?:token|pass_?w(?:or)?d|pwd|psw|psd|passphrase|passcode|userpass|secret|credentials?|signature|ticket|jwt|authorization|session_?id|(?:api|access|session)_?key)|(?<![a-z0-9])(?:(?:login)?pass?|pw|auth(?:basic)?|key|sign?|sid|session)|(?<=[?&])p)(?P<sign>=|%3D)[^&\s"<>#]+""",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """The text with the login of every address, user:password@ alone too, and every token or password hidden by ***."""
    return SECRETS.sub(rf"\g<name>\g<sign>{HIDDEN}", PATH.sub(_without_pairs, LOGIN.sub(_without_login, text)))


def _without_login(word: re.Match[str]) -> str:
    """A word up to its last @; without a colon before it's no login."""
    begin = USER.search(word[0])
    if begin is None:
        return word[0]
    return f"{word[0][: begin.end() if begin['slashes'] else begin.start()]}{HIDDEN}@"


def _without_pairs(address: re.Match[str]) -> str:
    """An address whose path names no user:password: some cameras want their login there."""
    return address["place"] + PAIR.sub(HIDDEN, address["path"])


def place_of(url: str) -> str:
    """An address as it may be shown: without its login, whatever stands in it, and without passwords in its query."""
    before, at, place = url.rpartition("@")
    if not at or "://" not in url:
        return redact(url)
    scheme = SCHEME.match(before)
    return redact(f"{scheme[0] if scheme else ''}{HIDDEN}@{place}")
