"""States kept decoded: only for the very bytes they were made into, and within bounds."""

from agents.shell import codec
from agents.shell.codec import StateCodec
from schemas.identity import SubjectState


def test_a_kept_state_is_given_back_for_its_own_bytes() -> None:
    states, state = StateCodec(SubjectState), SubjectState(seen=("1",))
    value = states.encode(b"k", state)
    assert states.decode(b"k", value) is state


def test_other_bytes_are_decoded_whatever_is_kept() -> None:
    # what a transaction that was lost would have written is not what the store has
    states = StateCodec(SubjectState)
    states.encode(b"k", SubjectState(seen=("lost",)))
    stored = SubjectState(seen=("1",)).encode()
    assert states.decode(b"k", stored) == SubjectState(seen=("1",))
    assert states.decode(b"k", None) is None


def test_what_is_forgotten_is_not_kept() -> None:
    states, state = StateCodec(SubjectState), SubjectState(seen=("1",))
    value = states.encode(b"k", state)
    states.forget(b"k")
    found = states.decode(b"k", value)
    assert found == state
    assert found is not state


def test_the_oldest_go_when_it_is_too_much() -> None:
    states, state = StateCodec(SubjectState), SubjectState(seen=("x" * 1000,))
    count = codec.KEPT_BYTES_MAX // 1000 + 10
    values = [states.encode(b"%d" % at, state) for at in range(count)]
    assert states.decode(b"0", values[0]) is not state
    assert states.decode(b"%d" % (count - 1), values[-1]) is state
