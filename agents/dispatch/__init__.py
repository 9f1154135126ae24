"""Stage 4 on Kafka: from alerts that are raised to alerts that are sent.

handler.py    alerts -> alerts now, digests, records of what is held
"""
