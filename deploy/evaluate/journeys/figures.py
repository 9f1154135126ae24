"""All that is measured on journeys, in the order of the plan; and which goals it meets."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import orjson

from deploy.evaluate.journeys.feed import DAY_MS, MINUTE_MS, Delivery, as_sent, feed, in_batches, jittered
from deploy.evaluate.journeys.measures.order import Order, compare_orders
from deploy.evaluate.journeys.measures.promises import Load, duplicates_of, load_of, not_additive, of_the_past
from deploy.evaluate.journeys.measures.stages import Stages, judge_stages
from deploy.evaluate.journeys.measures.steady import Steady, judge_steady
from deploy.evaluate.journeys.measures.triggers import Triggers, judge_triggers
from deploy.evaluate.journeys.named import owners_of
from deploy.evaluate.journeys.plan import Plan
from deploy.evaluate.journeys.tale import tales_of
from deploy.evaluate.journeys.told import Told, told_by
from deploy.evaluate.measures.attribution import Share
from deploy.evaluate.world import Run, Tell, World
from deploy.simulate import Message

PRECISION_MIN = 0.95
RECALL_MIN = 0.95
ORDER_MAX = 0.005
BATCH_DAYS = 3.0
LAG_MS = 5 * MINUTE_MS

Begin = Callable[[str], Tell]
"""Told the name of a part, gives whom to tell how far it is."""


@dataclass(frozen=True)
class Figures:
    """What came out.

    Args:
        events: messages of the world.
        accounts: how many accounts could ever be named.
        duplicates, not_additive, past: what is promised not to be, in words, of all deliveries together.
        updates: how often an open alert was said anew, per alert raised.
        order: what differs by order.
        steady: false alarms where nothing changes.
    """

    plan: Plan
    events: int
    accounts: int
    stages: Stages
    triggers: Triggers
    load: Load
    duplicates: Sequence[str]
    not_additive: Sequence[str]
    past: Sequence[str]
    updates: Share
    order: Order
    steady: Steady

    @property
    def missed(self) -> Sequence[str]:
        """Goals that are not met, in words; none is good."""
        return [text for text, holds in _goals(self) if not holds]

    def summary(self) -> dict[str, Any]:
        """The last line."""
        triggers = self.triggers
        return {
            "stage_accuracy": round(self.stages.accuracy.value, 5),
            "trigger_precision": round(triggers.precision.value, 5),
            "trigger_recall": round(triggers.recall.value, 5),
            "median_lead_hours": None if triggers.lead_hours is None else round(triggers.lead_hours, 2),
            "alerts_per_owner_day": round(self.load.mean, 4),
            "digests_per_owner_day": round(self.load.digests, 4),
            "duplicates": len(self.duplicates),
            "causes_additive": not self.not_additive,
            "alerts_from_backfill": len(self.past),
            "updates_per_alert": round(self.updates.value, 4),
            "surge_false_alarms_per_account_year": round(self.steady.alarms.value, 5),
            "order_differs": round(self.order.differs.value, 5),
            "order_differs_in_kind": round(self.order.in_kind.value, 5),
            "precision_by_trigger": {name: _round(both[0]) for name, both in triggers.by_trigger.items()},
            "recall_by_trigger": {name: _round(both[1]) for name, both in triggers.by_trigger.items()},
            "accuracy_by_stage": {name: _round(share) for name, share in self.stages.by_stage.items()},
            "alerts": triggers.precision.all,
            "points": triggers.recall.all,
            "accounts": self.accounts,
            "seed": self.plan.seed,
            "missed": list(self.missed),
        }


def measure(plan: Plan, begin: Begin) -> Figures:
    """Measure all parts of a plan."""
    world = World(plan.spec)
    line = world.line()
    cool_ms = {rule.name: int(rule.cooldown_days * DAY_MS) for rule in line.rules.triggers}
    feed(line, as_sent(world.traffic), world.spec.end_ms, begin("a world's journeys through the line"))
    told, tales = told_by(line), tales_of(Run(world, line, {}).cases, world)
    owners = {orjson.loads(record.value).get("owner", "") for record in world.directory} - {""}
    small = World(plan.small_spec)
    sent = _deliver(small, as_sent(small.traffic), begin("a small world, as it is sent"))
    late = [_deliver(small, each, begin(f"the same {name}")) for name, each in _late(small.traffic)]
    orders = [_deliver(small, each, begin("the same in another order")) for each in _orders(small.traffic, plan.orders)]
    every = (told, sent, *late, *orders)
    return Figures(
        plan=plan,
        events=len(world.traffic),
        accounts=sum(bool(tale.stages) for tale in tales),
        stages=judge_stages(tales, told.by_account, world.spec.start_ms, world.spec.end_ms),
        triggers=judge_triggers(tales, told.raised, told.lasting, owners_of(world), cool_ms),
        load=load_of(told.sent, len(owners), plan.days),
        duplicates=[text for each in every for text in duplicates_of(each, cool_ms)],
        not_additive=[text for each in every for text in not_additive(each)],
        past=[text for each in every for text in of_the_past(each.raised)],
        updates=Share(len(told.updates), len(told.raised)),
        order=compare_orders(sent, orders),
        steady=judge_steady(line.rules, plan.steady, Random(plan.seed)),  # noqa: S311 - a simulation, not a secret
    )


def _deliver(world: World, deliveries: Sequence[Delivery], tell: Tell) -> Told:
    line = world.line()
    feed(line, deliveries, world.spec.end_ms, tell)
    return told_by(line)


def _late(traffic: Sequence[Message]) -> Iterator[tuple[str, Sequence[Delivery]]]:
    yield "with all but the web days late, half of it twice", in_batches(traffic, BATCH_DAYS, frozenset({"web"}))
    yield "with everything days late, half of it twice", in_batches(traffic, BATCH_DAYS)


def _orders(traffic: Sequence[Message], count: int) -> Iterator[Sequence[Delivery]]:
    for number in range(count):
        yield jittered(traffic, LAG_MS, Random(number))  # noqa: S311 - a simulation, not a secret


def _goals(figures: Figures) -> Iterator[tuple[str, bool]]:
    triggers = figures.triggers
    yield f"trigger precision {PRECISION_MIN}", triggers.precision.value >= PRECISION_MIN
    yield f"trigger recall {RECALL_MIN}", triggers.recall.value >= RECALL_MIN
    yield "causes add up to the score", not figures.not_additive
    yield "no alert from backfill", not figures.past
    yield "no alert twice", not figures.duplicates
    yield f"told otherwise in another order, at most {ORDER_MAX}", figures.order.differs.value <= ORDER_MAX


def _round(share: Share) -> float | None:
    return round(share.value, 5) if share.all else None
