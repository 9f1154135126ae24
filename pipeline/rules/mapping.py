"""Which activity type an event is, as data: rules of a journey's file, and those that are shipped.

Matchers are few and plain. Words are compared in any case; signs, slashes and a capital within a word part them, so
`BookADemo`, `book-a-demo` and `Book a demo` are one. `*` before or behind stands for any letters there.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from schemas.base import Record, Source
from schemas.hit import Hit

IGNORED = "ignored"
"""Type of what shall change nothing: no journey lists it."""

CACHED_MAX = 65_536
TEXT_LENGTH_READ = 512

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
Phrase = Annotated[str, Field(min_length=1, max_length=100, pattern=r"[^\W_]")]
Phrases = tuple[Phrase, ...]


class Range(Record):
    """A number from, up to or below another; all that is given must hold."""

    at_least: float | None = None
    at_most: float | None = None
    below: float | None = None

    def holds(self, given: float | None) -> bool:
        """Whether there is a number, and it lies in the range."""
        return (
            given is not None
            and (self.at_least is None or given >= self.at_least)
            and (self.at_most is None or given <= self.at_most)
            and (self.below is None or given < self.below)
        )


class PropertyTest(Range):
    """What a producer's own property must be: one of some words, or a number in a range."""

    any_of: Phrases = ()

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        numbers = (self.at_least, self.at_most, self.below)
        if bool(self.any_of) == any(number is not None for number in numbers):
            raise ValueError("give either any_of, or a range: at_least, at_most, below")
        return self


class MappingRule(Record):
    """Events of these types are activities of that type, where everything else that is given holds, too."""

    type: Name = Field(description="Activity type; `ignored`: it shall change nothing.")
    events: tuple[str, ...] = Field(min_length=1, description="Event types, as producers' formats give them.")
    source: Source | None = Field(None, description="Source of the event; any where it is left out.")
    pages: Phrases = Field((), description="A part of the page's path, between slashes, begins with one of these.")
    pages_with: Phrases = Field((), description="One of these stands anywhere in the page's path.")
    forms: Phrases = Field((), description="One of these stands in the form's name.")
    assets: Phrases = Field((), description="One of these stands in the asset's or campaign's name.")
    topics: Phrases = Field((), description="One of these stands in what it is about.")
    features: Phrases = Field((), description="One of these stands in the feature's name.")
    products: Phrases = Field((), description="One of these stands in the product's name.")
    rating: Range | None = Field(None, description="Of a survey or review, 0 to 10.")
    amount: Range | None = Field(None, description="Of a deal or an outcome.")
    properties: dict[Annotated[str, Field(max_length=100)], PropertyTest] = Field(
        default_factory=dict, max_length=10, description="The producer's own fields."
    )


_TEXTS = {"forms": "form", "assets": "asset", "topics": "topic", "features": "feature", "products": "product"}
_NUMBERS = ("rating", "amount")


class Classifier:
    """Says which activity type an event is: the first rule that fits; its own event type where none does.

    Args:
        rules: in their order.
    """

    def __init__(self, rules: Iterable[MappingRule]) -> None:
        rules = tuple(rules)
        found: dict[str, dict[Source, list[MappingRule]]] = {}
        for rule in rules:
            for source in Source if rule.source is None else (rule.source,):
                for event in rule.events:
                    found.setdefault(event, {}).setdefault(source, []).append(rule)
        self._choices = {
            event: {source: Choice(given) for source, given in by_source.items()} for event, by_source in found.items()
        }
        self.asked = frozenset(name for rule in rules for name in rule.properties)
        """Names of the properties that rules ask for: an activity has to carry these."""

    def type_of(self, hit: Hit) -> str:
        """The activity type of a hit, whatever type an earlier journey gave it."""
        event = hit.event_type or hit.type
        by_source = self._choices.get(event)  # most events of a busy line have no rule
        if by_source is None:
            return event
        choice = by_source.get(hit.source)
        return event if choice is None else choice.of(hit) or event


class Choice:
    """Rules for one event type of one source. Asks a hit only for the fields they look at, and remembers answers."""

    def __init__(self, rules: list[MappingRule]) -> None:
        fields = [field for name, field in _TEXTS.items() if any(getattr(rule, name) for rule in rules)]
        fields += [name for name in _NUMBERS if any(getattr(rule, name) for rule in rules)]
        if any(rule.pages or rule.pages_with for rule in rules):
            fields.append("url")
        self._asked = tuple(dict.fromkeys(name for rule in rules for name in rule.properties))
        self._fields = tuple(fields)
        self._rules = rules
        self._of = lru_cache(maxsize=CACHED_MAX)(self._choose)

    def of(self, hit: Hit) -> str:
        """Type of the first rule that fits a hit; '' where none does."""
        values = hit.__dict__
        given = tuple([values[name] for name in self._fields])
        if not self._asked:
            return self._of(given)
        return self._of(given, tuple(hit.properties.get(name, "") for name in self._asked))

    def _choose(self, given: tuple[str | float | None, ...], properties: tuple[str, ...] = ()) -> str:
        fields = dict(zip(self._fields, given, strict=True))
        known = dict(zip(self._asked, properties, strict=True))
        return next((rule.type for rule in self._rules if _fits(rule, fields, known)), "")


def _fits(rule: MappingRule, fields: dict[str, str | float | None], properties: dict[str, str]) -> bool:
    for name, field in _TEXTS.items():
        if (phrases := getattr(rule, name)) and not _stands(phrases, words_of(str(fields[field] or ""))):
            return False
    for name in _NUMBERS:
        asked: Range | None = getattr(rule, name)
        if asked is not None and not asked.holds(fields[name]):  # type: ignore[arg-type]
            return False
    if rule.pages or rule.pages_with:
        parts = _path_of(str(fields["url"] or ""))
        if rule.pages and not any(part.startswith(_pattern(text)) for part in parts for text in rule.pages):
            return False
        if rule.pages_with and not any(_stands(rule.pages_with, part) for part in parts):
            return False
    return all(_is(test, properties[name]) for name, test in rule.properties.items())


def _is(test: PropertyTest, text: str) -> bool:
    if test.any_of:
        return _stands(test.any_of, words_of(text))
    try:
        return test.holds(float(text))
    except ValueError:
        return False


def _stands(phrases: Phrases, words: str) -> bool:
    return any(_pattern(text) in words for text in phrases)


def _path_of(url: str) -> tuple[str, ...]:
    try:
        path = urlsplit(url).path if "//" in url else url.partition("?")[0]
    except ValueError:  # brackets that are no address
        return ()
    return tuple(words_of(part) for part in path.split("/") if part)


_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[^\W_A-Z])(?=[A-Z])")


@lru_cache(maxsize=4096)
def words_of(text: str) -> str:
    """A text's words, small and parted by single blanks, with one at either end.

    >>> words_of("BookADemo, now")
    ' book ademo now '
    """
    return f" {' '.join(_WORD.findall(_HUMP.sub(' ', text[:TEXT_LENGTH_READ]))).casefold()} "


@lru_cache(maxsize=4096)
def _pattern(phrase: str) -> str:
    text = words_of(phrase)
    text = text[1:] if phrase.startswith("*") else text
    return text[:-1] if phrase.endswith("*") else text


def _pages(kind: str, *pages: str) -> MappingRule:
    return MappingRule(type=kind, source=Source.WEB, events=("page_view",), pages=pages)


SHIPPED: tuple[MappingRule, ...] = (
    # the first that fits counts: a reference on the pricing page is pricing
    _pages("pricing_view", "pricing", "plans", "quote", "buy"),
    _pages("comparison_view", "compare", "comparison", "vs", "versus", "alternative", "alternatives"),
    MappingRule(type="comparison_view", source=Source.WEB, events=("page_view",), pages_with=("vs",)),
    _pages(
        *("reference_view", "customer", "customers", "case study", "case studies", "reference", "references"),
        *("testimonials", "success stories"),
    ),
    _pages("demo_view", "demo", "request demo", "book a demo", "contact sales"),
    _pages("docs_view", "docs", "documentation", "api", "developers", "integration", "integrations"),
    _pages("security_view", "security", "trust", "compliance", "privacy"),
    _pages(
        *("product_view", "product", "products", "solution", "solutions", "feature", "features", "platform"),
    ),
    _pages("other_view", "careers", "jobs", "unsubscribe", "login", "signin", "imprint"),
    MappingRule(
        type="demo_request",
        source=Source.WEB,
        events=("form_submit",),
        forms=("*demo*", "*contact*", "*sales*", "*quote*", "trial call", "*talk*"),
    ),
    MappingRule(
        type="demo_request",
        source=Source.WEB,
        events=("form_submit",),
        pages=("demo", "request demo", "book a demo", "contact sales"),
    ),
    *(
        MappingRule(type=f"email_{event}", source=Source.EMAIL, events=(event,))
        for event in ("delivered", "open", "click", "reply", "bounce", "unsubscribe", "spam_report")
    ),
    # the usual cut of a 0-10 answer
    MappingRule(type="survey_good", source=Source.SUPPORT, events=("survey_answered",), rating=Range(at_least=7)),
    MappingRule(type="survey_bad", source=Source.SUPPORT, events=("survey_answered",), rating=Range(below=7)),
    MappingRule(type="review_bad", source=Source.SOCIAL, events=("review_posted",), rating=Range(below=5)),
)
"""What holds in each journey after its own rules, unless it says `shipped_mapping: false`."""
