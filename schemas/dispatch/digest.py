"""5c. Digest: what waited for one owner, told at once. Lies on `intent.digests.v1`, keyed by whom it is for."""

from pydantic import AwareDatetime, Field

from schemas.alert import Play
from schemas.base import Record, Team
from schemas.dispatch.held import HeldReason


class DigestAlert(Record):
    """One alert of a digest; the whole of it lies on its team's topic, with the digest's id."""

    alert_id: str
    team: Team
    trigger: str
    title: str
    why: str
    play: Play
    act_by: AwareDatetime
    raised_at: AwareDatetime
    value: float = Field(description="What it is worth, by the policy.")
    reason: HeldReason = Field(description="Why it waited: quiet_hours or budget.")


class DigestAccount(Record):
    """The alerts of one account, best first."""

    account_id: str
    account_name: str = ""
    alerts: tuple[DigestAlert, ...]


class Digest(Record):
    """All that waited for one owner and still holds, best account first."""

    digest_id: str = Field(description="128-bit id from whom it is for and its moment.")
    owner: str = Field(description="Whom it is for; '' for the whole team.")
    teams: tuple[Team, ...]
    at: AwareDatetime = Field(description="Its moment: the end of quiet hours, or the time of day the policy says.")
    why: str = Field(description="Why these waited, in a sentence.")
    size: int = Field(description="How many alerts it holds.")
    resolved: int = Field(0, description="Alerts that were taken back while they waited, since the last digest.")
    expired: int = Field(0, description="Alerts whose moment was over before this one.")
    accounts: tuple[DigestAccount, ...]
    policy_version: str
