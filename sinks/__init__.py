"""The far end: nouns become rows, rows go to ClickHouse. Only this folder knows ClickHouse.

rows.py        noun bytes -> columns of one table, a pure function
columns.py     which column comes from which field of a noun
base.py        what a row sink promises
clickhouse.py  the sink that writes to ClickHouse, and reads for the command line
connection.py  one way to connect: a server, the local endpoint, or the engine in process
faults.py      which of ClickHouse's errors pass and which stay
memory.py      the sink that keeps rows in lists, for tests, with faults on order
retry.py       how long to wait before the next try
migrate.py     numbered SQL files, applied once each
"""
