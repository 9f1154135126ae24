"""The journey's file: every fault at once, with line and cure; the version is that of the meaning."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.journey import load_rules, read_file, stage_rows
from pipeline.journeyfile.read import Reading, read_rules
from pipeline.journeyfile.tree import SIZE_MAX
from pipeline.rules.model import Rules
from pipeline.rules.predicates import PREDICATES
from pipeline.rules.timers import TIMERS
from schemas.errors import JourneyError
from tests.journeys import FOLDER, REFERENCE, SAAS

SMALL = """\
name: Small
activities:
  page_view: {label: page view, points: 1, half_life_days: 7}
  pricing_view: {label: pricing page, points: 10, half_life_days: 14}
groups:
  reading: [page_view]
stages:
  - name: aware
    why: a sign
    enter:
      - all:
          - score: {at_least: 5}
    leave:
      - score_below: {points: 2}
  - name: dormant
    phase: detour
    why: silence
quiet: {stage: dormant}
triggers:
  - name: prices
    team: sales
    title: It looks at prices
    after: [pricing_view]
    when:
      - count: {types: [reading, pricing_view], at_least: 2}
    play: {next_likely: asks, message: Call., act_within_hours: 8}
"""
REFERENCE_TEXT = (FOLDER / "reference.yaml").read_text()


def faults(text: str) -> list[str]:
    return [fault.at("j.yaml") for fault in read_rules(text).faults]


def read(text: str) -> Rules:
    reading = read_rules(text)
    assert reading.rules is not None, reading.faults
    return reading.rules


def test_a_small_file_is_read() -> None:
    rules = read(SMALL)
    assert [rule.name for rule in rules.stages] == ["aware", "dormant"]
    assert rules.triggers[0].when[0].types == ("page_view", "pricing_view")  # type: ignore[union-attr]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_journey_is_fine_and_means_what_it_says(path: Path) -> None:
    reading = read_file(path)
    assert (reading.faults, reading.doubts) == ((), ())
    assert reading.rules is not None


CHANGES = [
    # what stands in the file, what somebody writes instead, and what must be said
    ("points: 10", "points: ten", "j.yaml:4: activities.pricing_view.points: must be a number, is `ten`"),
    ("points: 10", "points: -1", "activities.pricing_view.points: must be at least 0, is `-1`"),
    ("points: 10", "points: 1e1", "`1e1` is read in several ways; write a plain number like 1000 or 0.5"),
    ("points: 10", "points: 0x10", "`0x10` is read in several ways"),
    ("points: 10", "points: 010", "`010` is read in several ways"),
    ("points: 10", "points: 1_000", "`1_000` is read in several ways"),
    ("points: 10", "points: 1:30", "`1:30` is read in several ways"),
    ("points: 10", "points: .inf", "`.inf` is read in several ways"),
    ("points: 10", 'points: "10"', "must be a number, is `10`"),
    ("points: 10", "points: 2026-01-01", "is read as a date by YAML"),
    ("points: 10", "points:", "activities.pricing_view.points: is empty: give a value, or take the line away"),
    ("points: 10", "points: &p 10", "anchors (`&name`) are not used in a journey"),
    ("points: 10", "points: !!float 10", "tags (`tag:yaml.org,2002:float`) are not used"),
    ("half_life_days: 14", "half_live_days: 14", "`half_live_days` is no field here; did you mean `half_life_days`?"),
    ("half_life_days: 14", "half_life_days: 14, lifespan_days: 3", "give either half_life_days or lifespan_days"),
    ("half_life_days: 14", "half_life_days: 0", "must be more than 0, is `0`"),
    ("  pricing_view: {", "  page_view: {", "`page_view` stands here twice, first in line 3"),
    ("  pricing_view: {", "  Pricing-View: {", "`Pricing-View` is no name: small letters, digits and _ only"),
    ("reading: [page_view]", "reading: [page_veiw]", "j.yaml:6: groups.reading[1]: `page_veiw` is no activity type "
     "and no group of this file; did you mean `page_view`?"),
    ("reading: [page_view]", "reading: [reading]", "the group contains itself: reading > reading"),
    ("reading: [page_view]", "page_view: [page_view]", "`page_view` is an activity type already"),
    ("name: aware", "name: unaware", "`unaware` is what accounts are before any stage"),
    ("name: aware", "name: dormant", "the name `dormant` is given twice"),
    ("why: a sign", "why: no", 'j.yaml:9: stages.aware.why: `no` is read as false by YAML; write false, or "no"'),
    ("why: a sign", "kind: sla", "stages.aware: `why` is missing"),
    ("why: a sign", "why: a sign\n    kind: sla", "a stage of kind sla has sla_hours or sla_working_hours, and no"),
    ("why: a sign", "why: a sign\n    stay_days: 3", "only a detour has stay_days"),
    ("phase: detour", "phase: detuor", "`detuor` is not known; did you mean `detour`?"),
    ("phase: detour", "phase: customer", "quiet.stage: `dormant` must be a detour"),
    ("- all:", "- any:", "write `- all:` and below it the conditions that must all hold"),
    ("score: {at_least: 5}", "scoer: {at_least: 5}", "`scoer` is unknown; did you mean `score`?"),
    ("score: {at_least: 5}", "score: 5", "write the parameters of `score` by name"),
    ("score: {at_least: 5}", "score: {atleast: 5}", "`atleast` is no field here; did you mean `at_least`?"),
    ("score: {at_least: 5}", "score: {kind: score, at_least: 5}", "`kind` is no field here"),
    ("points: 2}", "points: 6}", "6 is above the 5 points it is entered by: accounts would go to and fro"),
    ("score_below: {points: 2}", "usage_drop", "a stage on the way is left by what fades"),
    ("stage: dormant}", "stage: dormnat}", "`dormnat` is no stage of this file; did you mean `dormant`?"),
    *(
        ("quiet: {stage: dormant}", f"mapping: [{{{given}}}]\nquiet: {{stage: dormant}}", said)
        for given, said in (
            ("type: zebra, events: [page_view]", "mapping[1].type: `zebra` is no activity type of this file; "
             "activity types are: ignored, page_view, pricing_view"),
            ("type: pricing_veiw, events: [page_view]", "did you mean `pricing_view`?"),
            ("type: page_view, events: [page_veiw]", "`page_veiw` is no event type; did you mean `page_view`?"),
            ("type: page_view, events: [clcik], source: email", "`clcik` is no event type of source email; "
             "did you mean `click`?"),
            ("type: page_view, events: [page_view], source: wbe", "`wbe` is not known; did you mean `web`?"),
            ("type: page_view, events: [page_view], page: [x]", "`page` is no field here; did you mean `pages`?"),
            ("type: page_view, events: [page_view], rating: 3", "must be a mapping of names to values, is `3`"),
            ("type: page_view, events: [custom], properties: {a: {}}", "give either any_of, or a range"),
            ("type: page_view", "mapping[1]: `events` is missing"),
        )
    ),
    ("team: sales", "team: sale", "`sale` is not known; did you mean `sales`?"),
    ("team: sales", "team: yes", "`yes` is read as true by YAML"),
    ("after: [pricing_view]", "after: [pricing]", "triggers.prices.after[1]: `pricing` is no activity type"),
    ("after: [pricing_view]", "cooldown_days: 3", "has neither `after` nor `timer`, so it can never fire"),
    ("after: [pricing_view]", "timer: {trial_end: {}}", "`trial_end` is unknown; did you mean `trial_ends`?"),
    ("at_least: 2}", "at_least: 2.5}", "must be a whole number, is `2.5`"),
    ("types: [reading,", "types: [reading, reading,", "`reading` stands here twice"),
    ("message: Call.", "message: [Call.]", "must be a text"),
    ("name: Small", "nmae: Small", "j.yaml:1: nmae: `nmae` is no field here; did you mean `name`?"),
    ("name: Small", "name: On: call", "put texts with `: ` in quotes"),
    ("name: Small", "name: \"Small", "close it"),
    ("  - name: prices", "\t- name: prices", "a tab or another sign YAML has a use for"),
    ("    team: sales", "   team: sales", "this line is not indented like its neighbours"),
    ("name: Small", "name: Small\n<<: {}", "`<<` is no field here"),
    ("name: Small", "---\nname: Small\n---", "a second document begins here"),
    ("page_view: {label: page view", "on: {label: page view", "as a name is read as true or false by YAML"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), CHANGES, ids=lambda value: None)
def test_what_is_wrong_is_said_with_line_field_and_cure(old: str, new: str, said: str) -> None:
    assert SMALL.count(old)
    told = faults(SMALL.replace(old, new, 1))
    assert [line for line in told if said in line], told
    assert all(line.startswith("j.yaml:") for line in told)


def test_one_mistake_is_said_once() -> None:
    for old, new in (("points: 10", "points: ten"), ("why: a sign", "why: no"), ("team: sales", "team: sale")):
        assert len(faults(SMALL.replace(old, new, 1))) == 1


def test_all_faults_are_said_at_once_in_the_order_of_the_file() -> None:
    text = (
        SMALL.replace("points: 10", "points: ten").replace("team: sales", "team: sale").replace("at_least: 5", "at: 5")
    )
    told = faults(text)
    assert [int(line.split(":")[1]) for line in told] == [4, 12, 12, 21]


def test_a_reference_between_parts_is_checked_beside_other_faults() -> None:
    text = SMALL.replace("points: 10", "points: ten").replace("stage: dormant", "stage: asleep")
    assert len(faults(text)) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("- a\n- b\n", "no mapping of names"),
        ("just words", "no mapping of names"),
        ("a: " + "[" * 50 + "]" * 50, "nested more than 20 levels deep"),
        ("a: \0", "a character that no text file holds"),
        ("#" * (SIZE_MAX + 1), "no journey"),
        ("a: &a [x]\nb: *a\n", "aliases (`*name`) are not used"),
        ("? [a]\n: b\n", "a name is expected here"),
    ],
)
def test_what_is_no_journey_at_all(text: str, said: str) -> None:
    told = faults(text)
    assert [line for line in told if said in line], told


def test_an_unfolding_of_aliases_costs_nothing() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    assert len(faults(bomb)) > 60


def test_the_version_is_that_of_the_meaning() -> None:
    rules = read(SMALL)
    other_layout = "# a comment\n" + SMALL.replace("reading: [page_view]", "reading:\n    - page_view")
    lines = SMALL.splitlines()
    lines[2], lines[3] = lines[3], lines[2]
    defaults = SMALL.replace("quiet: {stage: dormant}", "quiet: {days: 30, stage: dormant, customer_days: 120.0}")
    defaults += "late_hours: 24\nscoring: {daily_cap: 20, other_tiers: 1}\n"
    for text in (other_layout, "\n".join(lines), defaults):
        assert read(text).version == rules.version
    for old, new in (("points: 10", "points: 11"), ("Call.", "Call!"), ("name: Small", "name: Smaller")):
        assert read(SMALL.replace(old, new)).version != rules.version


def test_order_of_stages_is_meaning() -> None:
    text = SMALL.replace("quiet:", "  - name: later\n    why: more\nquiet:", 1)
    head, later = text.split("  - name: later")[0], "  - name: later\n    why: more\n"
    swapped = text.replace(later, "").replace("stages:\n", "stages:\n" + later)
    assert head
    assert read(text).version != read(swapped).version


def names_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(names_in, value.values()))
    if isinstance(value, list):
        return set().union(*map(names_in, value)) if value else set()
    return {value} if isinstance(value, str) else set()


def test_the_reference_shows_every_field_condition_and_timer() -> None:
    schema = Rules.model_json_schema()
    fields = {name for noun in (schema, *schema["$defs"].values()) for name in noun.get("properties", {})}
    shown = names_in(yaml.safe_load(REFERENCE_TEXT))
    assert fields <= shown | {"kind"}, sorted(fields - shown)
    assert set(PREDICATES) <= shown
    assert set(TIMERS) <= shown
    for noun in ("Phase", "StageKind", "Team"):
        assert set(schema["$defs"][noun]["enum"]) <= shown | {"inventory"}


def test_a_wrong_file_stops_a_worker_with_every_fault(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(SMALL.replace("points: 10", "points: ten").replace("team: sales", "team: sale"))
    with pytest.raises(JourneyError) as caught:
        load_rules(path)
    assert f"{path}:4: activities.pricing_view.points" in str(caught.value)
    assert f"{path}:21: triggers.prices.team" in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(JourneyError, match="cannot be read: No such file"):
        load_rules(tmp_path / "none.yaml")
    path = tmp_path / "latin.yaml"
    path.write_bytes(SMALL.replace("Small", "Pr\u00e4zise").encode("latin-1"))
    with pytest.raises(JourneyError, match=r"latin.yaml:1: byte 0xe4 is no UTF-8"):
        load_rules(path)
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.encode())
    assert load_rules(path) == read(SMALL)


def test_stages_become_rows() -> None:
    rows = dict(zip(stage_rows(REFERENCE).columns, stage_rows(REFERENCE).column_values, strict=True))
    assert rows["stage"][:4] == ("unaware", "aware", "engaged", "qualified")
    assert rows["rank"][:4] == (0, 1, 2, 3)
    assert rows["sla_hours"][rows["stage"].index("in_sales")] == 336
    assert set(rows["journey"]) == {REFERENCE.version}
    assert rows["rank"][rows["stage"].index("lost")] == 0


LINES = REFERENCE_TEXT.splitlines()


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_no_text_breaks_the_reader(data: st.DataObject) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        change = data.draw(st.sampled_from(("drop", "double", "indent", "word", "swap")))
        if change == "drop":
            del lines[at]
        elif change == "double":
            lines.insert(at, lines[at])
        elif change == "indent":
            lines[at] = "  " + lines[at]
        elif change == "swap":
            lines[at] = lines[at].replace("{", "[").replace("}", "]")
        else:
            word = data.draw(
                st.sampled_from(("no", "1e3", "{}", "[]", "*a", "&a", "''", "null", "- - -", "\t", "é", ":"))
            )
            head, colon, _ = lines[at].partition(":")
            lines[at] = f"{head}{colon} {word}"
    reading: Reading = read_rules("\n".join(lines))
    assert (reading.rules is None) == bool(reading.faults)
    assert all(1 <= fault.line <= len(lines) + 1 and fault.what for fault in reading.faults)


def test_a_table_where_a_name_belongs_is_said() -> None:
    reading = read_rules(REFERENCE_TEXT.replace("  stage: dormant", "  stage: {}", 1))
    assert [fault.path for fault in reading.faults] == ["quiet.stage"]


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=60))
def test_any_text_at_all_is_read_or_refused(text: str) -> None:
    assert read_rules(text).rules is None


def test_the_default_is_the_one_for_software_with_a_trial() -> None:
    assert load_rules(None) == load_rules(FOLDER / "saas-trial.yaml") == SAAS
