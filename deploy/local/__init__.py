"""The local stack: a real Kafka broker and a real ClickHouse engine on one machine, loopback only, without Docker.

stack.py          up, down, status, wipe
services.py       what both services have in common; kafka.py and clickhouse.py what is their own
distribution.py   Kafka's jars: pinned in kafka.lock (made by lock.py), downloaded once, checked, cached
endpoint/         ClickHouse's HTTP interface over the embedded engine
process.py        processes started and stopped by identity; ports.py, filelock.py, kafka_wire.py, report.py help
"""
