"""How rightly journeys are told, measured on simulated worlds whose journeys are known.

`make journey-eval` runs it: a world's traffic through the workers' own handlers (`feed.py`), what the line told and
when (`told.py`), against what is true of each company (`meaning.py`, `tale.py`) as far as anybody could have named it
by then (`named.py`). One file of `measures/` a figure; its docstring says what the figure means.
"""
