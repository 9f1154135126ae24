"""Text from outside in tables: no markup of ours in it is obeyed, and nothing in it steers the terminal."""

from rich.text import Text

from schemas.text import visible


def plain(text: str) -> Text:
    """A cell that is shown as it is."""
    return Text(visible(text))
