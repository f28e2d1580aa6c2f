"""How long work goes on, told on a terminal: a bar with the rate and the time that is left."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from embeddings.cache import OnProgress


@contextmanager
def shown_progress(verb: str = "encoded") -> Iterator[OnProgress]:
    """Yield a progress listener that draws a bar on stderr, or, where that is no terminal, nothing."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console  # costs a start what only a terminal needs
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    rate = TextColumn("{task.fields[rate]}")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        rate,
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(verb, total=None, visible=False, rate="")

        def tell(done: int, total: int) -> None:
            speed = progress.tasks[0].speed
            rate = f"{speed:,.0f} a second" if speed else ""
            progress.update(task, completed=done, total=total, visible=True, rate=rate)

        yield tell
