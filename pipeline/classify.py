"""What kind of activity a hit is, by the journey's mapping.

Applied twice by the same rules. When a hit is named for an account: that is the type on the activities topic and in
ClickHouse. And when the account's journey folds it: so a changed mapping counts at once, and a journal that is folded
anew is typed anew, since an activity carries what mappings look at.
"""

from typing import TypeVar

from pipeline.rules.mapping import Classifier
from schemas.activity import Attributed

ActivityT = TypeVar("ActivityT", bound=Attributed)


def retyped(activity: ActivityT, classifier: Classifier) -> ActivityT:
    """An activity under the type a journey gives it; the same object where that is the one it has."""
    kind = classifier.type_of(activity)
    if kind == activity.type:
        return activity
    event_type = activity.event_type or activity.type
    # one validated value for another: no second validation on the hot path
    changes = {"type": kind, "event_type": event_type if event_type != kind else ""}
    return type(activity).trusted(activity.__dict__ | changes)
