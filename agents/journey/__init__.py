"""Which journey counts.

load.py      a file, or the shipped one, read and checked; its stages as rows
past.py      activations on their topic, as far as there are any
publish.py   a journey is activated: checked, numbered, written
follow.py    the one that counts now, kept in memory; a change counts at once
"""

from agents.journey.load import DEFAULT, load_rules, read_file, read_text, stage_rows

__all__ = ["DEFAULT", "load_rules", "read_file", "read_text", "stage_rows"]
