"""What accounts will do next, as learned.

learn.py     asks ClickHouse now and then, and writes what is different to its topic
follow.py    keeps what was learned in memory, for alerts
"""
