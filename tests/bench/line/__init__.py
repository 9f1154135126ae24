"""The whole line, from raw events to alerts, written four ways around the same verbs.

ours        `triggerpoint worker`: batches, one transaction each, exactly once
faust       one event at a time, tables, `topic.send`, at least once
quix        quixstreams: one dataframe a stage, RocksDB with changelog, at least once
plain       the verbs in a loop over the same bytes, no Kafka: the ceiling
"""
