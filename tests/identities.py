"""The identify stage without a broker: states by subject, facts looping back until all is quiet."""

from collections import deque

from pipeline.directory import Directory
from pipeline.identify import identify
from pipeline.learn import learn, take_back
from schemas.activity import Activity
from schemas.event import Event
from schemas.hit import Returned
from schemas.identity import IdentityFact, SubjectState


class Identities:
    """The stage.

    Args:
        directory: the accounts.
    """

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.states: dict[str, SubjectState] = {}
        self.activities: list[Activity] = []
        self.facts: list[IdentityFact] = []

    def take(self, *given: Event | IdentityFact | Returned) -> list[Activity]:
        """Work what is given; says what came of it."""
        before = len(self.activities)
        todo: deque[Event | IdentityFact | Returned] = deque(given)
        while todo:
            item = todo.popleft()
            state = self.states.get(item.subject)
            if isinstance(item, Event):
                result = identify(item, state, self.directory)
            elif isinstance(item, Returned):
                result = take_back(item, state, self.directory)
            else:
                result = learn(item, state, self.directory)
            if result.state is not None:
                self.states[item.subject] = SubjectState.model_validate_json(result.state.encode())
            self.activities += result.activities
            self.facts += result.facts
            todo.extend(result.facts)
        return self.activities[before:]
