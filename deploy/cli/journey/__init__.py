"""`triggerpoint journey`: the journey for those who write it.

file.py      a file: check it, read it, see what changed
whatif.py    the same on the recorded history
active.py    which one counts: activate, active, history, rollback
learn.py     what accounts do next, learned now
"""

import typer

from deploy.cli.journey.active import activate, active, history, rollback
from deploy.cli.journey.file import check, diff, show, try_
from deploy.cli.journey.learn import learn as learn_next

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
    ("learn", learn_next),
):
    app.command(name)(command)
