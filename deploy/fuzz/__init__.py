"""Hostile bytes against everything that reads from outside: an exception that is no refusal is an escape.

Two ways, both seeded with the example payloads: `guided.py` changes bytes and keeps what reaches code not seen before
(atheris, where it is installed); `generated.py` writes well-formed nonsense (hypothesis).
"""
