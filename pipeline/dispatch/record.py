"""The record of an alert that is held, and of what became of it: one id an alert, a revision for each that is new."""

from pipeline.alerts.make import held_of
from schemas.alert import Alert
from schemas.base import from_ms, stable_id
from schemas.dispatch.held import HeldAlert, HeldReason, Outcome


def note_of(
    alert: Alert,
    reason: HeldReason,
    outcome: Outcome,
    revision: int,
    at_ms: int,
    until_ms: int = 0,
    digest_id: str = "",
    why: str = "",
) -> HeldAlert:
    """The record.

    Args:
        alert: as it is held, with its value.
        reason: why.
        outcome: what became of it.
        revision: of the record.
        at_ms: when that was known.
        until_ms: when its digest is due; 0 if it waits for none.
        digest_id: the digest it was sent with.
        why: the list's words.
    """
    return held_of(alert, reason).model_copy(
        update={
            "held_id": stable_id("held", alert.alert_id),
            "routed_to": alert.routed_to,
            "value": alert.value,
            "why": why,
            "until": from_ms(until_ms) if until_ms else None,
            "outcome": outcome,
            "ended_at": None if outcome is Outcome.WAITING else from_ms(at_ms),
            "digest_id": digest_id,
            "revision": revision,
        }
    )
