"""Privacy: whoever is behind a hit is known by a keyed hash from ingest on.

key.py         the key, and what is made of it: pseudonyms of mailboxes, users and visitors
scrub.py       mailboxes that stand in links and other texts
pseudonyms.py  an event with clear ids -> the same event under pseudonyms
"""
