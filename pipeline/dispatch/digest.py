"""What waited for one owner -> one digest, and the alerts as they come with it."""

from collections import Counter
from collections.abc import Sequence

from schemas.alert import Alert, Delivery
from schemas.base import from_ms, stable_id
from schemas.dispatch.digest import Digest, DigestAccount, DigestAlert
from schemas.dispatch.held import HeldReason

Held = tuple[Alert, HeldReason]
WORDS = {HeldReason.QUIET_HOURS: "over quiet hours", HeldReason.BUDGET: "beyond the day's budget"}


def digest_id_of(owner_key: str, at_ms: int) -> str:
    """Id of the digest of an owner's moment."""
    return stable_id("digest", owner_key, at_ms)


def make_digest(
    owner_key: str, at_ms: int, held: Sequence[Held], resolved: int, expired: int, policy_version: str
) -> Digest:
    """The digest of a moment.

    Args:
        owner_key: whom the alerts are kept for.
        at_ms: its moment.
        held: what waited and still holds; at least one.
        resolved, expired: how many of what waited do not hold any more.
        policy_version: by which policy.
    """
    by_account: dict[str, list[Held]] = {}
    for alert, reason in sorted(held, key=lambda one: (-one[0].value, one[0].raised_at, one[0].alert_id)):
        by_account.setdefault(alert.account_id, []).append((alert, reason))
    reasons = Counter(reason for _, reason in held)
    why = " and ".join(f"{count} waited {WORDS[reason]}" for reason, count in sorted(reasons.items()))
    gone = [f"{count} {what}" for count, what in ((resolved, "resolved"), (expired, "expired")) if count]
    return Digest(
        digest_id=digest_id_of(owner_key, at_ms),
        owner=held[0][0].routed_to,
        teams=tuple(sorted({alert.team for alert, _ in held})),
        at=from_ms(at_ms),
        why=f"{why}; {' and '.join(gone)} meanwhile." if gone else f"{why}.",
        size=len(held),
        resolved=resolved,
        expired=expired,
        accounts=tuple(
            DigestAccount(
                account_id=account_id,
                account_name=alerts[0][0].account_name,
                alerts=tuple(_entry(alert, reason) for alert, reason in alerts),
            )
            for account_id, alerts in by_account.items()
        ),
        policy_version=policy_version,
    )


def with_digest(alert: Alert, digest_id: str, at_ms: int) -> Alert:
    """An alert as it comes with a digest."""
    return alert.model_copy(
        update={"delivery": Delivery.DIGEST, "digest_id": digest_id, "delivered_at": from_ms(at_ms)}
    )


def _entry(alert: Alert, reason: HeldReason) -> DigestAlert:
    return DigestAlert(
        alert_id=alert.alert_id,
        team=alert.team,
        trigger=alert.trigger,
        title=alert.title,
        why=alert.why,
        play=alert.play,
        act_by=alert.act_by,
        raised_at=alert.raised_at,
        value=alert.value,
        reason=reason,
    )
