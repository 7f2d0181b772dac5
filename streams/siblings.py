# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a camera's smaller streams usually are, from the form of its main stream's URL."""

import re
from dataclasses import dataclass, field

from streams.redact import place_of


@dataclass(frozen=True, slots=True)
class Sibling:
    """A guess at another stream of the same camera. `url` may hold the password: show `place`."""

    maker: str
    url: str = field(repr=False)

    @property
    def place(self) -> str:
        """The URL without login."""
        return place_of(self.url)


# Maker, what its main stream looks like, what its sub-stream looks like.
FORMS: tuple[tuple[str, re.Pattern[str], str], ...] = tuple(
    (maker, re.compile(main, re.IGNORECASE), sub)
    for maker, main, sub in (
        ("Hikvision", r"(/Streaming/(?:Channels|tracks)/\d+)01(?!\d)", r"\g<1>02"),
        ("Hikvision", r"(/h26[45]/ch\d+/)main(?=/av_stream)", r"\g<1>sub"),
        ("Dahua", r"(/cam/realmonitor\?.*\bsubtype=)0(?!\d)", r"\g<1>1"),
        ("Uniview", r"(/unicast/c\d+/s)0(?=/live)", r"\g<1>1"),
        ("Uniview", r"(/media/video)1(?!\d)", r"\g<1>2"),
        ("Reolink", r"(/(?:h26[45])?Preview_\d+_)main", r"\g<1>sub"),
        ("TP-Link", r"(:\d+|\w)(/stream)1$", r"\g<1>\g<2>2"),
        ("Hanwha", r"(/profile)1(?=/media\.smp)", r"\g<1>2"),
    )
)


def siblings(url: str) -> tuple[Sibling, ...]:
    """Sub-streams to try for a main stream's URL; none for forms that are not known or are sub-streams already."""
    return tuple(Sibling(maker, main.sub(sub, url)) for maker, main, sub in FORMS if main.search(url))
