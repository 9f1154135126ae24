"""What became of alerts, as far as it is known: a sale or a lost one of the account afterwards, a team's answer.

These are proxies, not the truth: a sale after an alert need not be its merit, and what was never alerted has no answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median

from pipeline.whatif.live import Recorded
from schemas.alert import Alert
from schemas.base import to_ms

WON, LOST = "opportunity_won", "opportunity_lost"
AFTER_DAYS = 90
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Ends:
    """How an account's sales ended.

    Args:
        won_ms, lost_ms: when, ms since 1970, oldest first.
    """

    won_ms: tuple[int, ...] = ()
    lost_ms: tuple[int, ...] = ()


def ends_of(recorded: Iterable[Recorded]) -> Ends:
    """Sales won and lost among an account's activities, whatever a journey makes of them."""
    found: dict[str, list[int]] = {WON: [], LOST: []}
    for _, activity in recorded:
        kind = activity.event_type or activity.type
        if kind in found:
            found[kind].append(activity.occurred_ms)
    return Ends(tuple(sorted(found[WON])), tuple(sorted(found[LOST])))


@dataclass
class Outcomes:
    """Counts over alerts.

    Args:
        alerts: how many.
        won, lost: of these, followed by a sale, or else by a lost one, within 90 days.
        accepted, rejected: of these, answered so last by their team.
        lead_days: from each alert to the sale that followed.
    """

    alerts: int = 0
    won: int = 0
    lost: int = 0
    accepted: int = 0
    rejected: int = 0
    lead_days: list[float] = field(default_factory=list)

    def add(self, alert: Alert, ends: Ends, verdicts: Mapping[str, bool]) -> None:
        """Count one alert.

        Args:
            verdicts: alert id -> whether its team took it up.
        """
        self.alerts += 1
        raised_ms = to_ms(alert.raised_at)
        until_ms = raised_ms + AFTER_DAYS * DAY_MS
        won_ms = next((at for at in ends.won_ms if raised_ms < at <= until_ms), None)
        if won_ms is not None:
            self.won += 1
            self.lead_days.append((won_ms - raised_ms) / DAY_MS)
        elif any(raised_ms < at <= until_ms for at in ends.lost_ms):
            self.lost += 1
        verdict = verdicts.get(alert.alert_id)
        self.accepted += verdict is True
        self.rejected += verdict is False

    @property
    def win_share(self) -> float | None:
        """Of alerts whose account's sale ended, the share that was won; None where none ended."""
        return self.won / (self.won + self.lost) if self.won + self.lost else None

    @property
    def accepted_share(self) -> float | None:
        """Of answered alerts the share that was taken up; None where none was answered."""
        return self.accepted / (self.accepted + self.rejected) if self.accepted + self.rejected else None

    @property
    def median_lead_days(self) -> float | None:
        """Median days from alert to sale; None where none followed."""
        return median(self.lead_days) if self.lead_days else None
