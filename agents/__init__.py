"""The verbs on Kafka: thin shells around `pipeline/`; the only place that knows Faust, clock and environment.

worker.py      starts what runs in one process: stages, directory, metrics endpoint
ingest.py      raw topics            -> events | rejected
identify.py    events, identity      -> activities, identity     (state: subject)
advance.py     activities            -> transitions, alerts, returned hits (state: account, and its journal)
archive.py     all of them           -> ClickHouse
stages.py      which stages there are, what each reads and how its lanes are made
directory.py   the account directory, kept in memory
observe/       log lines, lag, /metrics and health
shell/         batches in, one transaction out: what makes each stage exactly-once and fast
"""
