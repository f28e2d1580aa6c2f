"""What two snapshots have in common when they are the same."""

from embeddings.snapshot import Snapshot


def content(snapshot: Snapshot) -> dict[str, object]:
    """All that answers depend on, bit for bit: each part's columns, the words, what is found by digest."""
    parts = {
        (n, name): own.tobytes() for n, p in enumerate(snapshot.parts) for name, own in p.columns.items()
    }
    looked_up = {name: own.tobytes() for name, own in snapshot.directory.items() if name != "modified"}
    lexicon = snapshot.lexicon
    return {
        "documents": dict(snapshot.documents),
        "passages": tuple(snapshot.passages),
        "parts": parts,
        "directory": looked_up,
        "words": (dict(lexicon), lexicon.rows.tobytes(), lexicon.scores.tobytes(), lexicon.numbers.tobytes()),
        "abbreviations": dict(snapshot.abbreviations),
    }
