"""Which language a text is in, Chinese or another, and the note that a quote is not in the question's."""

import re

from embeddings.corpus import Document
from qa.gazetteer import CHINESE

_LATIN_WORD = re.compile("[A-Za-z\u00c0-\u024f]+")


def speaks_chinese(question: str) -> bool:
    """Tell whether a question is to be answered in Chinese: it has a Chinese sign, whatever it names."""
    return CHINESE.search(question) is not None


def is_chinese(text: str) -> bool:
    """Tell whether a text is mostly Chinese: it has at least as many signs as words in letters."""
    signs = len(CHINESE.findall(text))
    return signs > 0 and signs >= len(_LATIN_WORD.findall(text))


def language_note(question: str, quote: str, document: Document) -> str:
    """Return, in the question's language, that a quote is in another; empty where both are in one.

    What the quote is written in decides; where it has no words, what the document says of itself.
    """
    if CHINESE.search(quote) or _LATIN_WORD.search(quote):
        chinese = is_chinese(quote)
    elif "language" in document.metadata:
        chinese = str(document.metadata["language"]).casefold() in ("chinese", "zh", "中文")
    else:
        return ""
    if chinese == speaks_chinese(question):
        return ""
    return " (in Chinese)" if chinese else "（原文不是中文）"
