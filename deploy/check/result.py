"""What a check hands back, and how it runs the tools that do part of its work."""

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout this package lies in."""

TOOL_SECONDS = 60.0
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Result:
    """Outcome of one check.

    Args:
        name: what was checked, as it is printed.
        problems: what is wrong, each with its place; empty if all fits.
        note: what was looked at, or why part of it was left out.
        left_out: why nothing could be looked at; '' if it was.
    """

    name: str
    problems: Sequence[str] = ()
    note: str = ""
    left_out: str = ""

    @property
    def line(self) -> str:
        """The line to print; problems follow below it."""
        if self.left_out:
            return f"{'NOT LOOKED AT':>6}  {self.name} ({self.left_out})"
        note = f" ({self.note})" if self.note else ""
        return f"{'FAILED' if self.problems else 'ok':>6}  {self.name}{note}"


def venv_tool(name: str) -> str:
    """Path of a tool that is installed beside this Python; not resolved, since a venv's Python is a link."""
    return str(Path(sys.executable).parent / name)


def complaints(command: Sequence[str], folder: Path, given: str | None = None) -> list[str]:
    """Lines a tool printed if it ended with an error; else none.

    Args:
        command: the tool and its arguments.
        folder: where it runs.
        given: its standard input.
    """
    try:
        done = subprocess.run(
            command, cwd=folder, input=given, capture_output=True, text=True, timeout=TOOL_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return [f"{Path(command[0]).name} did not run: {error}"]
    if done.returncode == 0:
        return []
    lines = [line.rstrip() for line in _COLOUR.sub("", done.stdout + done.stderr).splitlines()]
    return [line for line in lines if line] or [f"{Path(command[0]).name} ended with {done.returncode}"]
