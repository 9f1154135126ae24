"""The batch shell: what makes each stage exactly-once and fast, once for all stages.

app.py          a Faust app per stage: group membership, assignment, life cycle, the agent
lanes.py        one lane per partition: in order within, side by side between; back-pressure by partition
cell.py         all lanes of a worker that has the whole line, in one transaction: stage hands to stage
waiting.py      what waits for a lane, and how much of it goes at once
transactional.py  work of a stateful or stateless stage: one Kafka transaction per batch holds outputs, state
                changelog and consumed offsets
going.py        what goes into one transaction; outbox.py: what is to be sent in it
state.py        a lane's state: memory + compacted changelog, read back on assignment (recovery.py); due times
kafka/          transport.py: Faust consumer that hands over one message per fetched partition batch, and never commits
                by itself; producer.py: the transactional producer of one lane, by requests of broker.py;
                retry.py: which errors pass
"""
