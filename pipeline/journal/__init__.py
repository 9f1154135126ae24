"""Undo: the journal of an account, by which evidence can be taken out of its journey again.

order.py      where an activity stands among the others, whatever order they come in
pages.py      how the journal lies in the lane's state: entries, checkpoints, what was said; what falls out
pack.py       its pages made small
loaded.py     the journal read back, and corrected
refold.py     corrected journal -> the journey as if it had always been so
returned.py   what is given back to whom it is
settle.py     what was said against what the refold says -> what to say anew, and what to take back
account.py    all of it: one account while a batch is worked
"""
