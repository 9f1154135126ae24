"""All messages of a world in order of sending, made one by one.

Only a calendar is held: one small entry per company under way (its next session), the plans lately in use, and the
messages that wait for their turn. Plans that fell out are made again when needed, so a million companies fit.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache, partial
from heapq import heappop, heappush
from typing import Any

import orjson

from deploy.simulate.acts import Act, acts_of
from deploy.simulate.formats import moment
from deploy.simulate.journeys import SCRIPTS, plan_of, script_of
from deploy.simulate.noise import bad_record, crawler, free_mail_person, visitor
from deploy.simulate.spec import MINUTE_MS, Label, Message, WorldSpec, rng_of
from deploy.simulate.traffic import messages_of
from deploy.simulate.traits.accounts import declared_domains, network_records
from deploy.simulate.traits.scenes import SCENES
from deploy.simulate.traits.twist import stranger, twisted
from deploy.simulate.world import Company, company_of, starts_at

PLANS_KEPT = 8_192
RESEND_MS_MAX = 10 * MINUTE_MS
BURST_FROM = 4_000
"""Messages after which a burst of a disguised crawler no longer upsets the machine share."""


def accounts(spec: WorldSpec) -> list[Message]:
    """The directory: one record for each company that the vendor knows, to be sent before all traffic."""
    return list(iter_accounts(spec))


def iter_accounts(spec: WorldSpec) -> Iterator[Message]:
    """The directory, record by record."""
    for index in range(spec.companies):
        name = script_of(spec, index)
        company = company_of(spec, index, name, SCRIPTS[name].customer)
        if company.in_directory:
            yield Message(
                spec.start_ms,
                spec.start_ms,
                None,
                "accounts",
                company.account_id.encode(),
                orjson.dumps(account_record(spec, company), option=orjson.OPT_UTC_Z),
                Label.DIRECTORY,
                "account",
                company.account_id,
            )
    for record in network_records(spec):
        key = record["account_id"]
        value = orjson.dumps(record)
        start = spec.start_ms
        yield Message(start, start, None, "accounts", key.encode(), value, Label.DIRECTORY, "network_account", key)


def account_record(spec: WorldSpec, company: Company) -> dict[str, Any]:
    """A company as the directory writes it."""
    since = company.customer_since_ms
    return {
        "account_id": company.account_id,
        "name": company.name,
        "domains": declared_domains(spec, company),
        "owner": company.owner,
        "region": company.region,
        "tier": company.tier,
        "target": company.target,
        "status": "customer" if since else "prospect",
        "customer_since": moment(since) if since else None,
        "renews_on": moment(company.renews_ms).date() if company.renews_ms else None,
        "office_ranges": company.office_ranges,
        "suppressed": company.suppressed,
    }


def messages(spec: WorldSpec) -> Iterator[Message]:
    """All traffic of a world in order of `sent_ms`, made while it is read."""
    return _Stream(spec).run()


class _Stream:
    """One pass over a world.

    Args:
        spec: the world.
    """

    def __init__(self, spec: WorldSpec) -> None:
        self.spec = spec
        self.rng = rng_of(spec.seed, 6)
        self.clean_share = 1.0 - spec.bad_share - spec.duplicate_share
        self.plan = lru_cache(PLANS_KEPT)(partial(plan_of, spec))
        self.calendar: list[tuple[int, int, int]] = []
        self.waiting: list[tuple[int, int, Message]] = []
        self.pushed = 0
        self.sent = 0
        self.strangers = 0
        self.made = {"machine": 0, "visitor": 0, "freemail": 0, **dict.fromkeys(SCENES, 0)}

    def run(self) -> Iterator[Message]:
        """The messages, each followed by the noise it is due."""
        index = 0
        start_ms = starts_at(self.spec, 0) if self.spec.companies else 0
        while True:
            while index < self.spec.companies and (not self.calendar or start_ms <= self.calendar[0][0]):
                heappush(self.calendar, (start_ms, index, 0))
                index += 1
                start_ms = starts_at(self.spec, index)
            if self.calendar:
                next_ms = self.calendar[0][0]
                while self.waiting and self.waiting[0][0] <= next_ms:
                    yield self._next()
                self._open_session()
            elif self.waiting:
                yield self._next()
            else:
                return

    def _next(self) -> Message:
        message = heappop(self.waiting)[2]
        self.sent += 1
        self._disturb(message)
        return message

    def _push(self, message: Message) -> None:
        heappush(self.waiting, (message.sent_ms, self.pushed, message))
        self.pushed += 1
        if message.label is Label.MACHINE:
            self.made["machine"] += 1

    def _open_session(self) -> None:
        """Unfolds the session that is due and puts the company's next one into the calendar."""
        _, index, number = heappop(self.calendar)
        plan = self.plan(index)
        for bundle in twisted(self.spec, plan.company, number, acts_of(self.spec, plan, number)):
            for message in messages_of(self.spec, bundle, plan.company, self.rng):
                self._push(message)
        if number + 1 < len(plan.sessions):
            following_ms = plan.sessions[number + 1].at_ms
            if following_ms <= self.spec.end_ms:
                heappush(self.calendar, (following_ms, index, number + 1))

    def _disturb(self, message: Message) -> None:
        """After a message: perhaps its resend, a broken record, a stranger, so that the spec's shares are met."""
        spec, rng, at_ms = self.spec, self.rng, message.sent_ms
        if message.label is Label.BAD or message.label is Label.DUPLICATE:
            return
        roll = rng.random() * self.clean_share
        if roll > spec.duplicate_share + spec.bad_share:
            pass
        elif roll < spec.duplicate_share:
            delay_ms = 500 + int(rng.random() ** 3 * RESEND_MS_MAX)
            self._push(replace(message, sent_ms=at_ms + delay_ms, label=Label.DUPLICATE))
        else:
            self._push(bad_record(at_ms + int(rng.random() * 1_000), rng))
        if at_ms > spec.end_ms - MINUTE_MS * 15:
            return
        if self.made["machine"] < spec.machine_share * self.sent - 10:
            burst = self.sent > BURST_FROM and rng.random() < 0.05
            self._strangers("crawler", crawler(spec, at_ms, self._head(), rng, burst=burst))
        if self.made["visitor"] < spec.visitor_share * self.sent - 3:
            self._strangers("visitor", visitor(spec, at_ms, self._head(), rng))
        if self.made["freemail"] < spec.freemail_share * self.sent - 4:
            self._strangers("freemail", free_mail_person(spec, at_ms, self._head(), rng))
        for name, scene in SCENES.items() if spec.traits.any else ():
            if self.made[name] < spec.traits.share_of(name) * self.sent:
                self._scene(name, scene(spec, at_ms, self._head(), rng))

    def _head(self) -> str:
        self.strangers += 1
        return f"{self.spec.tag}-n{self.strangers:x}-"

    def _strangers(self, kind: str, acts: Iterator[Act]) -> None:
        for act in acts:
            if act.at_ms > self.spec.end_ms:
                return
            for message in messages_of(self.spec, (stranger(self.spec, act),), None, self.rng):
                self._push(message)
                if kind in self.made:
                    self.made[kind] += 1

    def _scene(self, name: str, acts: Iterator[tuple[Company | None, Act]]) -> None:
        for company, act in acts:
            if act.at_ms > self.spec.end_ms:
                return
            for message in messages_of(self.spec, (act,), company, self.rng):
                self._push(message)
                self.made[name] += 1
