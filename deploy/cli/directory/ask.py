"""Asks before a command does what is not undone by the next one."""

import sys

import typer

from schemas.errors import SettingsError


def confirm(question: str, yes: bool) -> None:
    """Return if it is wanted: by `--yes`, or by somebody at the terminal.

    Raises:
        SettingsError: nobody can be asked.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise SettingsError(f"{question} There is nobody to ask.", "Give --yes.")
    typer.confirm(question, abort=True, err=True)
