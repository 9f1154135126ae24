"""One account while a batch is worked: activities are folded and kept in the journal; corrections among them restate
what came of it. State and what stands are the same however the topic is cut into batches; only how often something was
said anew on the way depends on that.

Activities are folded in the order of their keys (`order.py`). What comes after something it belongs before is put at
its place in the journal, and the account is folded anew from there, once a batch: so the order they come in makes no
difference, as far back as the journal reaches. What lies before it is folded last.

A correction is an activity that takes back (`retraction`) or replaces (a higher revision) what lies in the journal, or
a directory that suppresses the account or no longer does. Corrections that follow each other are worked at once.

A suppressed account's journey goes on in silence: nothing of it stands, and once it is suppressed no more everything is
as if it had never been, save that no alert is raised for what was.
"""

from collections.abc import Iterable, Mapping, Sequence

from pipeline.advance import Advanced, adopt, advance, wake
from pipeline.alerts.make import HeldBack
from pipeline.dispatch.route import addressed
from pipeline.handover.policy import NO_POLICY, Policy
from pipeline.journal.erase import Named, erase, forgotten
from pipeline.journal.loaded import Journal
from pipeline.journal.order import arrange, key_of
from pipeline.journal.pages import BOUNDS, Bounds, Pages, Read, append, room, say
from pipeline.journal.recent import Recent
from pipeline.journal.refold import refold
from pipeline.journal.returned import returned_hits
from pipeline.journal.settle import (
    CAME_BACK,
    NEVER_SAID,
    change_of,
    digest_of,
    held_back,
    said_alert,
    said_transition,
    settle,
)
from pipeline.journal.worked import ORDER, REVISION, SUPPRESSION, Worked
from pipeline.journey import SEEN_ID_LENGTH
from pipeline.rules.model import Rules
from pipeline.weigh import standing_of
from schemas.account import Account
from schemas.activity import ANSWER, ERASURE, RETRACTION, Activity
from schemas.alert import Alert
from schemas.dispatch.held import HeldReason
from schemas.hit import Returned
from schemas.journey import JournalHead, JourneyState
from schemas.kept.journal import Entry, Said
from schemas.transition import Transition

REASONS_SHOWN_MAX = 3
OUT_OF_ORDER = "something that happened before came after it"
CORRECTIONS = frozenset({RETRACTION, ERASURE})
"""Types of activities that take others out."""


class AccountWork:
    """See the module's text.

    Args:
        state: what is remembered; None for an account never seen.
        account_id: the account.
        account: its directory entry, if it has one.
        rules: the journey's rules.
        read: gives a page of its journal.
        ticked_ms: when the last tick was, which fired all timers due by then; one comes after each batch.
        bounds: how much of the journal is kept.
        since_ms: when the rules began to count.
        policy: who gets which alert.
        product: which of the account's journeys it is; '' for the general one.
        recent: the lane's states of the last entries.
    """

    def __init__(
        self,
        state: JourneyState | None,
        account_id: str,
        account: Account | None,
        rules: Rules,
        read: Read,
        ticked_ms: int,
        bounds: Bounds = BOUNDS,
        since_ms: int = 0,
        policy: Policy = NO_POLICY,
        product: str = "",
        recent: Recent | None = None,
    ) -> None:
        self._state, self._account_id, self._account, self._rules = state, account_id, account, rules
        self._read, self._ticked_ms, self._bounds, self._policy = read, ticked_ms, bounds, policy
        self._since_ms = since_ms
        self._product = state.product if state is not None else product
        self._key, self._recent = (account_id, self._product), recent or Recent(0)
        self._standing = standing_of(account, rules, self._product)
        self._suppressed = bool(account is not None and account.suppressed)
        self._journal: Journal | None = None
        self._pending: dict[str, str] = {}
        self._pages: Pages = {}
        self._transitions: list[Transition] = []
        self._alerts: list[Alert] = []
        self._held_back: list[HeldBack] = []
        self._returned: list[Returned] = []
        self._restated: list[str] = []
        self._beyond = 0
        self._named = Named()

    def take(self, activities: Iterable[Activity]) -> None:
        """Work activities, in the order of the topic."""
        self._meet_rules()
        self._meet_directory()
        plain: list[Activity] = []
        for activity in activities:
            if activity.revision or activity.type in CORRECTIONS:
                self._fold(plain)
                plain = []
                if not self._is_new(activity):
                    self._correct(activity)
                    continue
            plain.append(activity)
        self._fold(plain)
        self._restate()

    def wake(self, now_ms: int) -> None:
        """Fire the timers due by `now_ms`, each as of its due time; see whether directory and rules are the same."""
        self._meet_rules()
        self._meet_directory()
        before = self._state
        if before is None:
            return
        result = wake(before, now_ms, self._account, self._rules)
        if result.state is not before:
            entry = Entry.model_construct(ticked_ms=now_ms, standing=self._standing, activities=())
            self._keep(before, result, entry)

    def result(self) -> Worked:
        """What came of it."""
        return Worked(
            self._state,
            self._pages,
            tuple(self._transitions),
            tuple(self._alerts),
            tuple(self._held_back),
            tuple(self._returned),
            tuple(self._restated),
            self._beyond,
        )

    def _meet_rules(self) -> None:
        """Nothing that was said changes by new rules; but what is due next, and what is history, does."""
        before = self._state
        if before is None or before.rules == self._rules.version:
            return
        seen_ms = self._ticked_ms or self._since_ms
        result = adopt(before, seen_ms, self._account, self._rules)
        if result.transitions:
            self._keep(before, result, Entry.model_construct(ticked_ms=seen_ms, standing=self._standing, activities=()))
        else:
            self._held_back += result.held_back
            self._state = result.state
        assert self._state is not None
        head = self._state.journal
        self._state = self._state.model_copy(update={"journal": head.model_copy(update={"ruled": head.entries})})

    def _meet_directory(self) -> None:
        state, account = self._state, self._account
        if state is not None and state.suppressed != self._suppressed:
            words = f"suppressed: {account.suppressed}" if account and self._suppressed else "no longer suppressed"
            self._pending[words] = SUPPRESSION
            self._restate()

    def _fold(self, activities: Sequence[Activity]) -> None:
        if not activities:
            return
        self._restate()
        activities = self._in_order(activities)
        while activities:
            before = self._state
            space = room(before.journal if before is not None else JournalHead(), self._bounds)
            piece, activities = activities[:space], activities[space:]
            result = advance(before, self._account_id, piece, self._account, self._rules, self._product)
            if result.counted:
                ticked_ms = self._ticked_ms
                if ticked_ms > key_of(result.counted[0], self._rules.late_ms).place_ms:
                    ticked_ms = 0  # it fired nothing that belongs before them
                entry = Entry.model_construct(ticked_ms=ticked_ms, standing=self._standing, activities=result.counted)
                if ticked_ms:
                    self._ticked_ms = 0
                self._keep(before, result, entry)

    def _in_order(self, activities: Sequence[Activity]) -> Sequence[Activity]:
        """Those that count, in order; what belongs before what was folded goes to the journal, and all is folded anew.

        Nearly always all of them come in order: then no page is read.
        """
        late_ms = self._rules.late_ms
        ahead, behind = arrange(activities, *_reached(self._state), late_ms)
        if not behind:
            return ahead
        if beyond := self._put_back(behind):
            newest = key_of(ahead[-1], late_ms) if ahead else _reached(self._state)[0]
            return [*ahead, *(one.model_copy(update={"known_ms": newest[0] + 1}) for one in beyond)]
        # timers that fire otherwise now may have moved the clock past some
        return self._in_order(ahead)

    def _put_back(self, activities: Sequence[Activity]) -> list[Activity]:
        """Put activities at their places in the journal, and fold it anew; gives those it does not reach."""
        assert self._state is not None
        seen = set(self._state.seen)
        rules = self._rules
        unknown = [
            activity
            for activity in activities
            if activity.activity_id[:SEEN_ID_LENGTH] not in seen
            and (activity.type == ANSWER or rules.classifier.type_of(activity) in rules.activities)
        ]
        if not unknown:
            return []
        journal, beyond = self._load(), []
        for activity in unknown:
            if journal.revision(activity.activity_id) is not None:
                continue
            if journal.insert(activity, rules.late_ms):
                self._pending[OUT_OF_ORDER] = ORDER
            else:
                beyond.append(activity)
        self._restate()
        return beyond

    def _keep(self, before: JourneyState | None, result: Advanced, entry: Entry) -> None:
        """Take over what a fold came to, and note it in the journal."""
        head = before.journal if before is not None else JournalHead()
        number = head.entries
        newest = key_of(entry.activities[-1], self._rules.late_ms) if entry.activities else head.newest
        head, pages = append(head, before, entry, newest, self._bounds)
        self._pages |= pages
        self._recent.note(self._key, number, before)
        if self._journal is not None:
            self._journal.follow(head, before, entry)
        self._held_back += result.held_back
        if self._suppressed:
            self._held_back += [held_back(alert, HeldReason.SUPPRESSED) for alert in result.alerts]
        elif result.transitions or result.alerts:
            self._state = result.state.model_copy(update={"journal": head})  # saying reads the journal
            head = self._say(head, result, number)
        self._state = result.state.model_copy(update={"journal": head, "suppressed": self._suppressed})

    def _say(self, head: JournalHead, result: Advanced, entry: int) -> JournalHead:
        """Send what a fold made; what was taken back before gets the next revision."""
        unsaid = dict(head.unsaid)
        records: list[Said] = []
        for transition in result.transitions:
            digest, revision = digest_of(transition), unsaid.pop(transition.transition_id, NEVER_SAID)
            if revision != NEVER_SAID:
                transition = transition.model_copy(update={"revision": revision + 1, "restated_because": CAME_BACK})
            self._transitions.append(transition)
            records.append(said_transition(transition, entry, digest))
        for alert in result.alerts:
            digest = digest_of(alert)
            if (revision := unsaid.pop(alert.alert_id, NEVER_SAID)) != NEVER_SAID:
                alert = alert.model_copy(update={"revision": revision + 1})
            elif alert.revision:  # an update of one that is open
                said = [one.alert for one in self._load().said.values() if one.id == alert.alert_id and one.alert]
                alert = alert.model_copy(update={"revision": said[-1].revision + 1 if said else 0})
            alert = self._addressed(alert)
            self._alerts.append(alert)
            records.append(said_alert(alert, entry, digest))
        return self._note(head, records, unsaid)

    def _addressed(self, alert: Alert, before: Alert | None = None) -> Alert:
        """Whom it goes to is decided with its first revision; later ones follow, as far as that is known still."""
        if alert.revision and before is None:
            said = (record.alert for record in self._load().said.values() if record.alert is not None)
            before = next((one for one in said if one.alert_id == alert.alert_id), None)
        return addressed(alert, self._account, self._policy, before)

    def _note(self, head: JournalHead, records: Sequence[Said], unsaid: Mapping[str, int]) -> JournalHead:
        first = head.said
        head, pages = say(head, records, unsaid, self._bounds)
        self._pages |= pages
        if self._journal is not None:
            self._journal.note(first, records, head)
        return head

    def _is_new(self, activity: Activity) -> bool:
        """Whether it corrects nothing the journal knows, so that it is folded like any other."""
        if activity.type in CORRECTIONS:
            return False
        return self._state is None or self._load().revision(activity.activity_id) is None

    def _correct(self, activity: Activity) -> None:
        """Correct the journal; the account is folded anew once all corrections that follow each other are in."""
        if self._state is None:
            return
        journal = self._load()
        if activity.type == ERASURE:
            self._erase(activity, journal)
        elif activity.type == RETRACTION:
            removed = journal.take_back(activity.subject)
            beyond = journal.forget_evidence(activity.subject)
            self._beyond += beyond
            if removed or beyond:
                self._pending[activity.reason] = RETRACTION
            if hits := returned_hits(removed, activity.occurred_ms):
                self._returned.append(
                    Returned(
                        subject=activity.subject,
                        account_id=self._account_id,
                        returned_ms=activity.occurred_ms,
                        hits=hits,
                    )
                )
        elif activity.revision > (journal.revision(activity.activity_id) or 0):
            journal.replace(activity)
            self._pending[f"graded {activity.grade}: {activity.grade_reason}".rstrip(": ")] = REVISION

    def _erase(self, activity: Activity, journal: Journal) -> None:
        """Take a person out for good: nothing is given back, and no page keeps it."""
        assert self._state is not None
        self._state = forgotten(self._state, activity.subject, activity.person)
        named, said = erase(journal, activity.subject, activity.person)
        self._named.alert_ids |= set(named)
        self._pages |= journal.amend(said)
        self._pending[activity.reason] = ERASURE

    def _restate(self) -> None:
        """Fold the corrected journal anew, and say what is different."""
        if not self._pending:
            return
        state = self._state
        assert state is not None
        journal = self._load()
        kinds = set(self._pending.values())
        start = 0 if {SUPPRESSION, ERASURE} & kinds else journal.start()
        renumbered = journal.recut(start, self._bounds)
        self._pages |= renumbered
        oldest = journal.segments[start].first if journal.segments else state.journal.entries
        known = None
        if not renumbered and state.journal.ruled <= oldest:
            known = self._recent.newest(self._key, oldest, journal.unchanged_before())
        refolded = refold(journal, start, state, self._standing, self._ticked_ms, self._rules, known)
        oldest, touched = known[0] if known else oldest, journal.touched
        self._recent.replace(self._key, refolded.recent)
        head, came_to = state.journal, refolded.state
        self._pages |= journal.changes(start)
        self._pages |= journal.drop_oldest(self._bounds)
        newest = journal.newest(self._rules.late_ms) or head.newest
        head = head.model_copy(
            update={
                "entries": max(head.entries, journal.end),
                "segments": tuple(segment.first for segment in journal.segments),
                "filled": journal.filled(),
                "newest": newest,
            }
        )
        if refolded.last is not None:
            entry, after = refolded.last
            self._ticked_ms = 0
            head, pages = append(head, came_to, entry, head.newest, self._bounds)
            self._pages |= pages
            journal.follow(head, came_to, entry)
            self._recent.note(self._key, head.entries - 1, came_to)
            came_to = after
        reason = "; ".join(list(self._pending)[:REASONS_SHOWN_MAX])
        newest_ms = state.journal.newest[0]
        change = change_of(kinds, reason, touched, newest_ms, oldest, self._rules, self._suppressed)
        settled = settle(journal.said, refolded, head.unsaid, change, self._addressed)
        self._pages |= journal.amend(settled.changed)
        self._named.alert_ids -= {alert.alert_id for alert in settled.alerts}
        anew, noted = self._named.anew(journal.said, refolded)
        self._alerts += anew
        self._pages |= journal.amend(noted)
        self._named.alert_ids.clear()
        head = self._note(head, settled.added, settled.unsaid)
        self._transitions += settled.transitions
        self._alerts += settled.alerts
        self._held_back += settled.held_back
        self._restated += sorted(set(self._pending.values()))
        self._pending = {}
        self._state = came_to.model_copy(update={"journal": head, "suppressed": self._suppressed})

    def _load(self) -> Journal:
        if self._journal is None:
            head = self._state.journal if self._state is not None else JournalHead()
            self._journal = Journal(head, _under(self._pages, self._read))
        return self._journal


def _under(pages: Pages, read: Read) -> Read:
    """Reads what was written first, then what is committed. It knows nothing of the work it is for: in a cycle with it
    all that was worked would live until the collector looks at what is old."""
    return lambda name: pages[name] if name in pages else read(name)


def _reached(state: JourneyState | None) -> tuple[tuple[int, int, str], int]:
    """Key of the newest activity that was folded, and the account's clock: a timer may have fired since."""
    return (state.journal.newest, state.clock_ms) if state is not None else ((0, 0, ""), 0)
