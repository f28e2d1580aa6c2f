"""A follow-up made a whole question, without a language model."""

import re
from collections.abc import Sequence

_LEANS = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|this|that|these|those|there|one|ones)\b"
    r"|^(?:and|but|or|what about|how about)\b|它|他们|她们|那个|这个|呢",
    re.IGNORECASE,
)


def standalone(question: str, history: Sequence[str]) -> str:
    """Return the question as it is to be searched: one that leans on the question before has it in front."""
    if not history or not _LEANS.search(question):
        return question
    return f"{history[-1].strip()} {question}"
