"""`triggerpoint journey`: the journey for those who write it.

file.py      a file: check it, read it, see what changed
whatif.py    the same on the recorded history
active.py    which one counts: activate, active, history, rollback
"""

import typer

from deploy.cli.journey.active import activate, active, history, rollback
from deploy.cli.journey.file import check, diff, show, try_

app = typer.Typer(no_args_is_help=True)
for name, command in (
    ("check", check),
    ("show", show),
    ("diff", diff),
    ("try", try_),
    ("activate", activate),
    ("active", active),
    ("history", history),
    ("rollback", rollback),
):
    app.command(name)(command)
