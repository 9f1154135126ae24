"""What a lane takes in one go: all there is, or side by side in time while more waits."""

from dataclasses import dataclass, replace

from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from agents.shell.waiting import WAITING_BYTES_MAX, Batch, Pace, Waiting

FILL_RECORDS, GO_RECORDS = 50, 1000
PACE = Pace(fill_records=FILL_RECORDS, go_records=GO_RECORDS)
WEB, CRM = TopicPartition("web", 0), TopicPartition("crm", 0)


@dataclass(frozen=True)
class Fetched:
    offset: int
    timestamp: int


def batch(tp: TopicPartition, moments: list[int], offset: int = 0) -> Batch:
    return Batch(tp, [Fetched(offset + at, moment) for at, moment in enumerate(moments)], lambda: None)


def taken(waiting: Waiting) -> list[tuple[str, list[int], bool]]:
    return [(part.batch.tp.topic, [record.timestamp for record in part.records], part.last) for part in waiting.take()]


def test_little_goes_at_once() -> None:
    waiting = Waiting(PACE)
    waiting.put(batch(WEB, [5, 6]))
    waiting.put(batch(CRM, [1]))
    waiting.put(batch(WEB, [7], 2))
    assert taken(waiting) == [("web", [5, 6], True), ("web", [7], True), ("crm", [1], True)]
    assert not waiting
    assert waiting.take() == []


def test_what_is_quiet_goes_on_only_to_where_the_busy_have_their_fill() -> None:
    waiting = Waiting(Pace(fill_records=FILL_RECORDS, go_records=FILL_RECORDS))
    waiting.put(batch(WEB, list(range(0, 4 * FILL_RECORDS, 2))))
    waiting.put(batch(CRM, [10, 2 * FILL_RECORDS - 2, 2 * FILL_RECORDS - 1, 9 * FILL_RECORDS]))
    web, crm = taken(waiting)
    assert (web[0], len(web[1]), web[2]) == ("web", FILL_RECORDS, False)
    assert crm == ("crm", [10, 2 * FILL_RECORDS - 2], False)
    assert waiting
    web, crm = taken(waiting)
    assert (len(web[1]), web[2]) == (FILL_RECORDS, True)
    assert crm == ("crm", [2 * FILL_RECORDS - 1], False)
    assert taken(waiting) == [("crm", [9 * FILL_RECORDS], True)]


def test_records_and_bytes_fill_a_partition_but_not_the_number_of_its_batches() -> None:
    waiting = Waiting(PACE)
    for at in range(GO_RECORDS - 1):
        waiting.put(batch(WEB, [at], at))
    assert not waiting.full(WEB)
    waiting.put(batch(WEB, [GO_RECORDS], GO_RECORDS))
    assert waiting.full(WEB)
    assert not waiting.full(CRM)
    waiting.put(replace(batch(CRM, [1]), size_bytes=WAITING_BYTES_MAX))
    assert waiting.full(CRM)
    waiting.take()
    assert not waiting.full(WEB)
    assert not waiting.full(CRM)


def test_a_go_is_of_many_rounds_up_to_its_size() -> None:
    waiting = Waiting(PACE)
    waiting.put(batch(WEB, list(range(3 * GO_RECORDS))))
    waiting.put(batch(CRM, list(range(0, 3 * GO_RECORDS, 10))))
    parts = waiting.take()
    moments = [record.timestamp for part in parts for record in part.records]
    assert GO_RECORDS <= len(moments) < GO_RECORDS + 2 * FILL_RECORDS
    behind = [max(moments[: at + 1]) - moment for at, moment in enumerate(moments)]
    assert max(behind) <= FILL_RECORDS


def test_a_partition_alone_goes_in_one_part_up_to_the_size_of_a_go() -> None:
    waiting = Waiting(PACE)
    waiting.put(batch(WEB, list(range(GO_RECORDS + 1))))
    waiting.put(batch(WEB, list(range(3)), GO_RECORDS + 1))
    assert [len(part.records) for part in waiting.take()] == [GO_RECORDS]
    assert [len(part.records) for part in waiting.take()] == [1, 3]


@given(
    st.lists(
        st.tuples(st.sampled_from((WEB, CRM)), st.lists(st.integers(0, 10**6), min_size=1, max_size=1200)), max_size=6
    ),
    st.booleans(),
)
def test_nothing_is_left_out_doubled_or_out_of_order(
    given_batches: list[tuple[TopicPartition, list[int]]], in_time: bool
) -> None:
    waiting, ends = Waiting(replace(PACE, in_time=in_time)), dict.fromkeys((WEB, CRM), 0)
    for tp, moments in given_batches:
        waiting.put(batch(tp, moments, ends[tp]))
        ends[tp] += len(moments)
    offsets: dict[TopicPartition, list[int]] = {WEB: [], CRM: []}
    closed = 0
    while waiting:
        parts = waiting.take()
        assert parts
        for part in parts:
            offsets[part.batch.tp] += [record.offset for record in part.records]
            closed += part.last
    assert offsets == {tp: list(range(end)) for tp, end in ends.items()}
    assert closed == len(given_batches)


def test_in_time_records_go_in_the_order_of_their_timestamps_and_each_partitions_in_its_own() -> None:
    waiting = Waiting(replace(PACE, in_time=True))
    waiting.put(batch(WEB, [1, 2, 7, 5]))
    waiting.put(batch(CRM, [2, 6, 9]))
    waiting.put(batch(WEB, [8], 4))
    assert taken(waiting) == [
        ("web", [1, 2], False),
        ("crm", [2, 6], False),
        ("web", [7, 5], True),
        ("web", [8], True),
        ("crm", [9], True),
    ]
    assert not waiting


def test_nobody_goes_past_a_partition_of_which_more_is_to_come() -> None:
    waiting = Waiting(PACE)
    waiting.put(replace(batch(WEB, [1, 4]), more=True))
    waiting.put(batch(CRM, [3, 5, 9]))
    assert taken(waiting) == [("web", [1, 4], True), ("crm", [3], False)]
    assert taken(waiting) == []
    waiting.put(batch(WEB, [6], 2))
    assert taken(waiting) == [("web", [6], True), ("crm", [5, 9], True)]
    waiting.put(replace(batch(WEB, [10], 3), more=True))
    waiting.put(batch(CRM, [11], 3))
    assert taken(waiting) == [("web", [10], True)]
    assert taken(waiting) == []
    assert [part.records[0].timestamp for part in waiting.take(patient=False)] == [11]
    waiting.put(batch(CRM, [12], 4))
    assert taken(waiting) == [("crm", [12], True)]  # what did not come in time is waited for no more


def test_what_is_given_up_is_given_up_once() -> None:
    waiting = Waiting(Pace(fill_records=FILL_RECORDS, go_records=1))
    first = batch(WEB, list(range(2 * FILL_RECORDS)))
    waiting.put(first)
    waiting.put(batch(CRM, [10**9]))
    parts = waiting.take()
    assert [(part.batch is first, part.last) for part in parts] == [(True, False)]
    assert len(waiting.give_up()) == 2
    assert not waiting
