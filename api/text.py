# SPDX-License-Identifier: AGPL-3.0-or-later
"""One text of the page in every language that it speaks."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """One text in every language of the page; `{name}` marks a value."""

    zh: str
    en: str

    def of(self, language: Language) -> str:
        """The text in one language."""
        return self.zh if language == "zh" else self.en
