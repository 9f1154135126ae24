"""Which product an activity is about, as data: an account has a journey of its own for each product it looks at, and a
general one for what names none."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Annotated, Self

from pydantic import Field, model_validator

from pipeline.rules.mapping import Choice, MappingRule, Name, Phrases, PropertyTest
from schemas.activity import ANSWER, ERASURE, RETRACTION, Activity
from schemas.base import Record
from schemas.hit import Hit

_EVENTS = ("any",)
"""Stands in a mapping's place for event types: here they are not asked for."""


class ProductRule(Record):
    """A product, and how an activity is known to be about it: by any of what is given. Words as in `mapping`."""

    name: Name
    label: Annotated[str, Field(max_length=100)] = Field("", description="As people call it; the name if left out.")
    products: Phrases = Field((), description="One of these stands in what the event names as product or plan.")
    pages: Phrases = Field((), description="A part of the page's path, between slashes, begins with one of these.")
    assets: Phrases = Field((), description="One of these stands in the asset's or campaign's name.")
    topics: Phrases = Field((), description="One of these stands in what it is about.")
    features: Phrases = Field((), description="One of these stands in the feature's name.")
    properties: dict[Annotated[str, Field(max_length=100)], PropertyTest] = Field(
        default_factory=dict, max_length=10, description="The producer's own fields, such as a workspace."
    )

    @model_validator(mode="after")
    def _is_known_by_something(self) -> Self:
        if not self.mapped:
            raise ValueError("say how it is known: products, pages, assets, topics, features or properties")
        return self

    @property
    def mapped(self) -> list[MappingRule]:
        """One rule for each way to know it."""
        ways: list[dict[str, object]] = [
            {field: given}
            for field in ("products", "pages", "assets", "topics", "features")
            if (given := getattr(self, field))
        ]
        ways += [{"properties": {name: test}} for name, test in self.properties.items()]
        return [MappingRule.model_validate({"type": self.name, "events": _EVENTS, **way}) for way in ways]


class Products:
    """Says which product an activity is about: the first of the file that fits.

    Args:
        rules: in the file's order.
    """

    def __init__(self, rules: Iterable[ProductRule]) -> None:
        rules = tuple(rules)
        self.names = tuple(rule.name for rule in rules)
        self.labels = {rule.name: rule.label or rule.name for rule in rules}
        self.asked = frozenset(name for rule in rules for name in rule.properties)
        """Names of the properties that rules ask for: an activity has to carry these."""
        self._choice = Choice([way for rule in rules for way in rule.mapped]) if rules else None

    def split(self, activities: Iterable[Activity], known: Collection[str]) -> Mapping[str, Sequence[Activity]]:
        """Activities of an account by journey, in their order; '' for the general one. Answers and what takes
        back go to all.

        Args:
            activities: in the order of the topic.
            known: products that the account has a journey for.
        """
        if self._choice is None:
            return {"": list(activities)}
        parts: dict[str, list[Activity]] = {}
        for activity in activities:
            if activity.type in (RETRACTION, ERASURE, ANSWER):
                for name in ("", *self.names):
                    if not name or name in parts or name in known:
                        parts.setdefault(name, []).append(activity)
            else:
                parts.setdefault(self._choice.of(activity), []).append(activity)
        return parts

    def product_of(self, hit: Hit) -> str:
        """Name of the product; '' where none is named."""
        return "" if self._choice is None else self._choice.of(hit)
