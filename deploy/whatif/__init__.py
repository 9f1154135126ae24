"""A journey tried on recorded history: read from the broker, folded under two journeys, shown. Nothing is written.

read.py      recorded activities, account by account, with bounded memory
run.py       all of it
report.py    the difference as tables, or as JSON
"""
