"""A person's data, found wherever the line keeps any: to be exported, or erased.

kin.py      which ids are one person's
states.py   what the stages remember, read from their changelogs
tables.py   what lies in ClickHouse
person.py   the three together: found, and as one document
erase.py    the erasure, from its record to the last table
"""
