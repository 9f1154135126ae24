"""What a line told of journeys, and when: transitions and alerts in the order in which subscribers got them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from deploy.evaluate.line import PlainLine
from schemas.alert import Alert, AlertStatus
from schemas.base import to_ms
from schemas.topics import ALERTS, TRANSITIONS, TRIGGERS, Topic
from schemas.transition import Transition


@dataclass(frozen=True, slots=True)
class Moved:
    """A transition, and when it lay on its topic, ms since 1970."""

    told_ms: int
    transition: Transition


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert, and when it lay on its topic, ms since 1970."""

    told_ms: int
    alert: Alert

    @property
    def raised_ms(self) -> int:
        """Event time of what raised it."""
        return to_ms(self.alert.raised_at)


@dataclass(frozen=True)
class Told:
    """All that a line told.

    Args:
        moves: transitions, in order of the topic.
        said: alerts as they are raised, retractions among them, in order of telling; before anything holds them back.
        sent: alerts as they lie on their teams' topics, in order of telling.
    """

    moves: Sequence[Moved]
    said: Sequence[Raised]
    sent: Sequence[Raised] = ()

    @cached_property
    def raised(self) -> Sequence[Raised]:
        """Alerts that were raised, be they retracted since: each reached its team. An update of one that is open calls
        nobody once more, and is left out."""
        status: dict[str, AlertStatus] = {}
        found = []
        for each in self.said:
            if each.alert.status is AlertStatus.RAISED and status.get(each.alert.alert_id) is not AlertStatus.RAISED:
                found.append(each)
            status[each.alert.alert_id] = each.alert.status
        return found

    @cached_property
    def updates(self) -> Sequence[Raised]:
        """What was said anew of alerts that were open."""
        first = {id(each) for each in self.raised}
        return [each for each in self.said if each.alert.status is AlertStatus.RAISED and id(each) not in first]

    @cached_property
    def standing(self) -> Sequence[Raised]:
        """Those that were not retracted by the end, as they were said last."""
        last = {each.alert.alert_id: each for each in self.said}
        return [each for each in last.values() if each.alert.status is AlertStatus.RAISED]

    @cached_property
    def lasting(self) -> Sequence[Raised]:
        """Those that were not retracted by the end, as they were raised."""
        standing = {each.alert.alert_id for each in self.standing}
        return [each for each in self.raised if each.alert.alert_id in standing]

    @cached_property
    def by_account(self) -> Mapping[str, Sequence[Moved]]:
        """Account id -> its transitions."""
        found: dict[str, list[Moved]] = {}
        for move in self.moves:
            found.setdefault(move.transition.account_id, []).append(move)
        return found


def told_by(line: PlainLine) -> Told:
    """What a line told so far."""
    moves = [
        Moved(record.timestamp, Transition.model_validate_json(record.value or b""))
        for record in line.records(TRANSITIONS)
    ]
    return Told(moves, _alerts(line, TRIGGERS), _alerts(line, *ALERTS.values()))


def _alerts(line: PlainLine, *topics: Topic) -> list[Raised]:
    said = [
        Raised(record.timestamp, Alert.model_validate_json(record.value or b""))
        for topic in topics
        for record in line.records(topic)
    ]
    return sorted(said, key=lambda each: each.told_ms)
