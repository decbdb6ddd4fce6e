"""A refusal says in one sentence what was wrong, where, and what would be right."""

from typing import Any


class Refusal(Exception):
    """Base of every "no" that a person or a program may hear from us.

    Subclasses stand beside the function that raises them; `pas.refusals` gives each an HTTP status.
    Nothing secret goes into `sentence` or `facts`: both are shown to who asked.
    """

    def __init__(self, sentence: str, *, field: str | None = None, **facts: Any) -> None:
        """Keep the sentence, the path of the field at fault and JSON-ready facts."""
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field
        self.facts = facts

    @classmethod
    def code(cls) -> str:
        """Name this kind of refusal for programs and translators: `UnknownAsset` is `unknown-asset`."""
        return "".join(f"-{c.lower()}" if c.isupper() else c for c in cls.__name__).lstrip("-")
