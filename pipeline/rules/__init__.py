"""A journey's rules: frozen data, what they ask, and what can be said of them.

model.py        what counts, the stages, the trigger points
mapping.py      which activity type an event is
predicates.py   conditions by name, with their parameters
signs.py        those on what is unusual for an account, and on its people
timers.py       moments at which something is looked at although nothing happened
words.py        rules in words
doubts.py       what is allowed, but cannot be meant
diff.py         what is different between two versions
"""
