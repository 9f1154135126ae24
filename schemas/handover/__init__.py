"""What happens to an alert once a team has it: what the team answers, and the ledger of the hand-over.

feedback.py  what teams send, and the same once it is checked
entry.py     one line of the ledger
"""
