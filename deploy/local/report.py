"""Tell what the local stack is doing: moving lines on a terminal, plain lines elsewhere, silence without a console."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn


class Reporter:
    """One place that knows how to speak to the user.

    Args:
        console: where to speak; None for silence.
    """

    def __init__(self, console: Console | None) -> None:
        self._console = console

    def line(self, text: str) -> None:
        """Say one thing that stays."""
        if self._console is not None:
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def working(self, text: str) -> Iterator[None]:
        """Show that something takes its time; nothing of it stays on a terminal."""
        if self._console is None or not self._console.is_terminal:
            self.line(f"{text} ...")
            yield
            return
        with self._console.status(text):
            yield

    @contextmanager
    def download(self, text: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show a bar of bytes; gives the function that takes the count of new bytes (from any thread)."""
        if self._console is None or not self._console.is_terminal:
            self.line(f"{text} ({total / 1e6:.0f} MB) ...")
            yield lambda count: None
            return
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Progress(*columns, console=self._console, transient=True) as progress:
            task = progress.add_task(text, total=total)
            yield lambda count: progress.advance(task, count)
