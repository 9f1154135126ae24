"""How well companies are named, machines caught and links undone, measured on simulated worlds whose truth is known.

`make identity-eval` runs it: the workers' own handlers in one process (`line.py`), what stands at the end
(`standing.py`) against what is true.
"""
