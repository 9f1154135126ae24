"""`make run`: the real line on a real broker and a real engine, fed by a simulated market, for a while or until Ctrl-C.

run.py      the order of things: stack, topics, migrations, worker, traffic, view, end
teams.py    the teams: read alerts, answer most of them
process.py  the worker as a process of its own
figures.py  what topics and ClickHouse hold at the end, and whether they agree
joining.py  the lines a producer, a subscriber and an analyst need
"""
