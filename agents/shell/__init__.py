"""The batch shell: what makes each stage exactly-once and fast, once for all stages.

transport.py    Faust consumer that hands over one message per fetched partition batch, and never commits by itself
lanes.py        one lane per partition: in order within, side by side between; back-pressure by partition
transactional.py  work of a stateful or stateless stage: one Kafka transaction per batch holds outputs, state
                changelog and consumed offsets
outbox.py       what a batch wants to send and to write to state
producer.py     the transactional producer of one lane
state.py        a lane's state: memory + compacted changelog, read back on assignment; due times
app.py          a Faust app per stage: group membership, assignment, life cycle, the agent
"""
