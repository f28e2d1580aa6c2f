"""What the page says of the corpus, drawn once a generation of the index and language."""

import logging

from embeddings.errors import FootnoteError
from qa import QA
from web.chat import offer
from web.examples import examples
from web.knowledge import knowledge
from web.words import Words

_LOG = logging.getLogger("footnote")


class Known:
    """The corpus as every browser sees it. ``generation`` is that of the last panel drawn."""

    def __init__(self, bot: QA) -> None:
        self.bot = bot
        self.generation = -1
        self._panels: dict[str, str] = {}
        self._examples: tuple[int, tuple[str, ...]] = -1, ()

    def panel(self, words: Words) -> str:
        """Return what the bot knows, as it stands now."""
        documents = self.bot.documents()
        report = self.bot.report
        if self.generation != report.generation:
            self.generation, self._panels = report.generation, {}
        if words.language not in self._panels:
            drawn = knowledge(documents, words, passages=self.bot.passages, failed=report.failed)
            self._panels[words.language] = drawn
        return self._panels[words.language]

    def offer(self, words: Words) -> str:
        """Return examples that the corpus answers, or where to put documents if there are none."""
        if not self.bot.documents():
            return offer((), words, data=str(self.bot.data))
        try:
            generation = self.bot.report.generation
            if self._examples[0] != generation:
                self._examples = generation, examples(self.bot)
        except FootnoteError as error:
            _LOG.warning("no examples: %s", error)
        return offer(self._examples[1], words)
