"""What if other rules had counted: recorded activities folded offline under two journeys, and what is different.

live.py      one account's recorded activities -> what a worker would have said of it
compare.py   the same under two journeys -> who stands elsewhere, which alerts more or less
outcomes.py  what became of alerts, as far as it is known: won, lost, accepted, rejected, and how long before
"""
