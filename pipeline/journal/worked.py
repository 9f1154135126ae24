"""What comes of working one account's activities, or of firing its timers."""

from dataclasses import dataclass

from pipeline.alerts.make import HeldBack
from pipeline.journal.pages import Pages
from schemas.alert import Alert
from schemas.hit import Returned
from schemas.journey import JourneyState
from schemas.transition import Transition

SUPPRESSION = "suppression"
ORDER = "order"
REVISION = "revision"
"""Why an account is folded anew; with the types of activities that take others out: `retraction`, `erasure`."""


@dataclass(frozen=True, slots=True)
class Worked:
    """What came of a batch, or of a firing of timers, for one account.

    Args:
        state: what to remember; the same object where nothing changed, None for an account that still is none.
        pages: pages of the journal to write.
        transitions, alerts: to send, in order; restated, withdrawn and retracted ones among them.
        held_back: alerts that are not sent.
        returned: hits given back to their subjects.
        restated: why the account was folded anew, each time: `retraction`, `revision`, `suppression`, `order` or
            `erasure`.
        beyond: activities taken back that lay before the journal, so that what came of them stays.
    """

    state: JourneyState | None
    pages: Pages
    transitions: tuple[Transition, ...]
    alerts: tuple[Alert, ...]
    held_back: tuple[HeldBack, ...]
    returned: tuple[Returned, ...]
    restated: tuple[str, ...]
    beyond: int
