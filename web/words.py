"""What the page says: one table of phrases, so that no language can lack one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """Every phrase of the page; ``{}`` is where a number, a name or a text goes."""

    language: str
    # The frame.
    tagline: str
    skip: str
    menu: str
    theme: str
    new_chat: str
    question: str
    placeholder: str
    ask: str
    search: str
    # The conversation.
    conversation: str
    welcome: str
    welcome_text: str
    no_documents: str
    no_documents_text: str
    examples: str
    you_asked: str
    you_searched: str
    searching: str
    searched_for: str
    as_typed: str
    taken_literally: str
    only: str
    link: str
    not_in_sources: str
    chance: str
    see_nearest: str
    high: str
    fair: str
    low: str
    confidence: str
    under: str
    over: str
    footnote: str
    found: str
    found_none: str
    result: str
    error: str
    broken: str
    # The evidence.
    evidence: str
    evidence_empty: str
    evidence_for: str
    nearest: str
    nearest_note: str
    nothing_near: str
    stale: str
    also_in: str
    back: str
    open: str
    why: str
    score: str
    rank: str
    dense: str
    sentence: str
    bm25: str
    share: str
    held: str
    bigram: str
    metadata: str
    reranker: str
    # What the bot knows.
    knows: str
    filters: str
    filters_text: str
    chosen: str
    remove: str
    clear: str
    more: str
    documents: str
    states: str
    states_stale: str
    states_failed: str
    fresh: str
    last_good: str
    failed: str
    repeats: str
    kind: str
    city: str
    country: str
    region: str
    team: str
    role: str
    employment: str
    document_language: str
    # A whole document.
    document: str
    close: str
    place: str
    edited: str
    removed: str
    cut: str
    # Conversations and what is thought of answers.
    chats: str
    chats_text: str
    chat_name: str
    rename: str
    save: str
    delete: str
    delete_sure: str
    full: str
    copy: str
    copied: str
    good: str
    bad: str
    reason: str
    expected: str
    silent: str
    send: str
    cancel: str
    kept_in: str
    thanks: str
    # Content from the page.
    content: str
    add: str
    add_text: str
    added: str
    replaced: str
    remove_file: str
    file_removed: str
    look: str
    encoding: str
    refreshed: str
    # Pictures.
    map: str
    map_label: str
    map_text: str
    map_hits: str
    map_rest: str
    figures: str
    figures_none: str
    figures_text: str
    figures_curve: str
    figures_wrong: str
    # The door.
    preparing: str
    login_label: str
    log_in: str
    log_out: str
    wrong_try: str
    too_many_tries: str
    not_logged_in: str
    busy: str
    stopping: str
    too_large: str
    no_room: str
    wrong_host: str
    foreign: str
    not_here: str
    wrong_body: str

    def part(self, name: str) -> str:
        """Return what a part of a score is called; a part without a phrase keeps its own name."""
        return self._of(
            name, {"dense", "sentence", "bm25", "share", "held", "bigram", "metadata", "reranker"}
        )

    def key(self, name: str) -> str:
        """Return what a metadata key is called; one without a phrase is written as words."""
        if name == "language":
            return self.document_language
        return self._of(name, {"kind", "city", "country", "region", "team", "role", "employment"})

    def _of(self, name: str, known: set[str]) -> str:
        if name in known:
            return str(getattr(self, name))
        plain = name.replace("_", " ").replace("-", " ").strip()
        return plain[:1].upper() + plain[1:]
