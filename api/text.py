# SPDX-License-Identifier: AGPL-3.0-or-later
"""One text in every language that people read."""

from dataclasses import dataclass

from detector.language import Language

Bilingual = dict[Language, str]  # as it is kept and sent


@dataclass(frozen=True, slots=True)
class Text:
    """One text in every language of the page; `{name}` marks a value."""

    zh: str
    en: str

    def of(self, language: Language) -> str:
        """The text in one language."""
        return self.zh if language == "zh" else self.en


def told(sentences: Bilingual, /, **values: object) -> Bilingual:
    """A sentence with its values, in both languages; a value of two languages is taken in the sentence's own."""
    text: Bilingual = {}
    for language, sentence in sentences.items():
        own = {name: value[language] if isinstance(value, dict) else value for name, value in values.items()}
        text[language] = sentence.format(**own)
    return text
