"""Where fault tests get into a worker. An installation uses the defaults, which do nothing and cost nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from agents.shell.crash import Reach, pass_by
from agents.shell.kafka.producer import LaneProducer
from agents.shell.transactional import Handler


def _pass_by(stage: str) -> Reach:
    return pass_by


def _as_it_is(stage: str, lane: str, handler: Handler) -> Handler:
    return handler


@dataclass(frozen=True)
class Seams:
    """What a fault test may put in place.

    Args:
        reach: stage -> what its crash points call.
        handler: (stage, lane, its verb) -> what the lane works with.
        producer: makes a lane's producer.
        topics: further topics that lanes may write, with their partition counts.
    """

    reach: Callable[[str], Reach] = _pass_by
    handler: Callable[[str, str, Handler], Handler] = _as_it_is
    producer: Callable[..., LaneProducer] = LaneProducer
    topics: Mapping[str, int] = field(default_factory=dict)


SEAMS = Seams()
