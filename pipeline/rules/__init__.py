"""A journey's rules: frozen data, and what they ask.

model.py        what counts, the stages, the trigger points
predicates.py   conditions by name, with their parameters
"""
