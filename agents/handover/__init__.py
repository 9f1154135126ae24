"""Stage 5 on Kafka: the hand-over clock.

handler.py    alerts and answers -> lines of the ledger
load.py       the policy file
policy.yaml   the policy where no other file is given
"""
