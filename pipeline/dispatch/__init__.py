"""6. Dispatch: from an alert that is raised to one that is sent: to whom, when, alone or with others, or not at all.

rules.py        what the policy file may say of it
route.py        (alert, policy, moment) -> whom it goes to
preferences.py  when and how many alerts somebody wants, ready for arithmetic
suppress.py     (alert, lists) -> why it is kept back, if it is
value.py        (alert, policy) -> what it is worth
budget.py       whether one more fits the day
digest.py       what waited -> one digest
record.py       alert -> the record of its being held, and of what became of it
fold.py         (state of an owner, alerts, moment) -> (state', what to send, what to record)
"""
