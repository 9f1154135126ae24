"""Faults on the real line, and an oracle that says whether anything was lost, doubled or changed by them.

trace.py     what each lane worked, in which order, written down in the very transaction of the work
oracle.py    the workers' own verbs run offline over the input topics: what must lie on all others
reading.py   what does lie there, and what ClickHouse has of it
verdict.py   the two compared
worker.py    the worker of an installation, with the trace and, to prove that the harness can fail, a broken commit
line.py      one installation: topics, tables, workers, traffic, draining
ground.py    what an installation stands on
kinds/       one module a family of faults, each a scene on an installation of its own
run.py       scenes one after the other, and what came of them
"""
