"""What stands between a trigger point that is reached and an alert that is sent.

held.py    an alert that was not sent, or not at once, and why
digest.py  what waited for one owner, told at once
"""
