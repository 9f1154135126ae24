"""The verbs on Kafka: thin shells around `pipeline/`, and the only place that knows Faust, Kafka, clock and environment.

worker.py      starts what runs in one process: stages, directory, metrics endpoint
ingest.py      raw topics            -> events | rejected
identify.py    events, identity      -> activities, identity     (state: subject)
advance.py     activities            -> transitions, alerts      (state: account)
archive.py     all of them           -> ClickHouse
shell/         batches in, one transaction out: what makes each stage exactly-once and fast
"""
