"""`triggerpoint journey`: check, show, diff; and what is allowed in a file but cannot be meant."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli.journey import app
from pipeline.rules.diff import differences
from pipeline.rules.doubts import doubts_of
from pipeline.rules.model import Rules, StageRule
from pipeline.rules.predicates import Count, InStage, IsCustomer, IsProspect, Score, ScoreBelow
from pipeline.rules.timers import CustomerEvery, SlaOver
from pipeline.rules.words import condition
from schemas.errors import JourneyError
from tests.journeys import FOLDER, REFERENCE, SAAS, changed

TEXT = (FOLDER / "saas-trial.yaml").read_text()


def run(*words: str | Path, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(TEXT)
    return path


def test_check_says_that_a_file_is_fine(mine: Path) -> None:
    assert run("check", mine).startswith(f"{mine} is fine: B2B SaaS with a trial, version {SAAS.version}; 15 stages")
    assert f"saas-trial.yaml is fine: B2B SaaS with a trial, version {SAAS.version}" in run("check")


def test_check_takes_the_file_of_the_settings(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIGGERPOINT_JOURNEY_FILE", str(mine))
    assert run("check").startswith(str(mine))


def test_check_says_every_fault_and_fails(mine: Path) -> None:
    mine.write_text(TEXT.replace("team: service", "team: servce").replace("points: 40", "points: lots"))
    said = run("check", mine, code=1).splitlines()
    wrong = TEXT.count("team: service") + 1
    assert len(said) == wrong + 1
    assert said[-1] == f"{wrong} to mend."
    found = json.loads(run("check", "--json", mine, code=1))
    assert (found["ok"], found["version"], len(found["errors"])) == (False, None, wrong)
    assert found["errors"][0]["path"] == "activities.demo_request.points"
    assert TEXT.splitlines()[found["errors"][0]["line"] - 1].startswith("  demo_request:")


def test_check_says_what_cannot_be_meant_with_its_line(mine: Path) -> None:
    mine.write_text(TEXT.replace("  - types: [lead_recycled]\n    when: [is_prospect]\n    stage: recycled\n", ""))
    said = run("check", mine).splitlines()[0]
    line = mine.read_text().splitlines().index("  - name: recycled") + 1
    assert said.startswith(f"{mine}:{line}: stages.recycled: no account ever reaches it")
    assert said.endswith("(warning)")
    found = json.loads(run("check", "--json", mine))
    assert (found["ok"], [item["path"] for item in found["warnings"]]) == (True, ["stages.recycled"])


def test_show_says_it_in_words() -> None:
    shown = " ".join(run("show", FOLDER / "reference.yaml").split())
    for words in (
        f"Reference, version {REFERENCE.version}",
        "sla, 336 h",
        "gate: fit",
        "no sign of a person for 30 days (120 days for customers)",
        "Call today, or give it back to marketing.",
        "evenly to 0 in 42 days",
        "decides (chief, ceo,",
        "fit: A from 60 points",
    ):
        assert words in shown, words
    told = json.loads(run("show", "--json", FOLDER / "reference.yaml"))
    assert Rules.model_validate(told["rules"]).version == told["version"] == REFERENCE.version
    assert [stage["name"] for stage in told["stages"]][:2] == ["aware", "engaged"]
    assert told["triggers"][0]["judged"].startswith("after page_view, content_download")


def test_diff_says_what_is_different_in_words(mine: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    text = TEXT.replace("did: looked at prices, points: 10", "did: looked at prices, points: 12")
    text = text.replace("Ask what they must solve and by when; give a range, not a list.", "Call within the hour.")
    text = text.replace(
        "- count: {types: [pricing_view], at_least: 1,", "- count: {types: [pricing_view], at_least: 2,"
    )
    text = text.replace("quiet: {stage: dormant, days: 30", "quiet: {stage: dormant, days: 45")
    text = text.replace("score: {at_least: 12}", "score: {at_least: 15}")
    new.write_text("# a comment\n" + text)
    said = run("diff", mine, new).splitlines()
    assert said[:-1] == [
        "quiet: days: 30 -> 45",
        "activity pricing_view: points: 10 -> 12",
        "stage researching: enter: score 12 or more -> score 15 or more",
        "trigger pricing_interest: when: at least 1 of pricing_view in 7 days -> at least 2 of pricing_view in 7 days",
        'trigger pricing_interest: play: message: "Ask what they must solve and by when; give a range, not a list." -> '
        '"Call within the hour."',
    ]
    assert said[-1].startswith(f"5 different: version {SAAS.version} -> ")
    assert json.loads(run("diff", "--json", mine, new))["differences"] == said[:-1]


def test_diff_of_what_means_the_same(mine: Path) -> None:
    other = mine.with_name("other.yaml")
    other.write_text("# nothing but a comment\n" + TEXT)
    assert run("diff", mine, other) == f"Both mean the same: version {SAAS.version}\n"


def test_whole_parts_come_go_and_change_places() -> None:
    said = list(differences(SAAS, REFERENCE))
    assert 'name: "B2B SaaS with a trial" -> Reference' in said
    assert "fit: none -> points" in "\n".join(said)
    assert "activity docs_view: taken away" in said
    assert "trigger sales_is_slow: new (Nobody has moved this account on for two weeks)" in said
    assert "stage engaged: new (it reads into the subject)" in said
    assert "stage trialing: enter" not in "\n".join(said)
    turned = changed(triggers=tuple(reversed(SAAS.triggers)))
    assert [line[:18] for line in differences(SAAS, turned)] == ["order of triggers:"]
    assert list(differences(REFERENCE, changed(REFERENCE))) == []


def test_a_file_that_is_wrong_cannot_be_shown_or_compared(mine: Path) -> None:
    mine.write_text("name: x\n")
    for words in (("show", mine), ("diff", mine, mine)):
        result = CliRunner().invoke(app, [str(word) for word in words])
        assert isinstance(result.exception, JourneyError)
        assert "`activities` is missing" in str(result.exception)


def doubts(**fields: object) -> list[str]:
    return [f"{place}: {what}" for place, what in doubts_of(changed(**fields))]


def test_what_cannot_be_meant() -> None:
    never = StageRule(name="never", why="x", enter=((IsCustomer(), IsProspect()),))
    assert "stages.never: no account ever reaches it" in doubts(stages=(*SAAS.stages, never))[0]
    first, second = SAAS.triggers[0], SAAS.triggers[1]

    def told(**update: object) -> str:
        return "\n".join(doubts(triggers=(first.model_copy(update=update), second)))

    assert "its conditions contradict each other" in told(when=(IsCustomer(), IsProspect()))
    assert "its conditions contradict each other" in told(when=(Score(at_least=9), ScoreBelow(points=9)))
    assert "no account is ever in never" in told(when=(InStage(any_of=("never",)),))
    assert "no stage is of kind sla" in told(timer=SlaOver(), after=())
    assert "its timer runs for customers only" in told(timer=CustomerEvery(days=7), after=(), when=(IsProspect(),))
    worthless = (Count(types=("ticket_opened", "page_view")), Score(at_least=5))
    assert "ticket_opened has no points, so it brings nothing to the score" in told(when=worthless)
    silent = {kind: rule.model_copy(update={"points": 0.0}) for kind, rule in SAAS.activities.items()}
    assert "triggers.journey_begins: it can never fire" in "\n".join(doubts(activities=silent))
    edge = StageRule(name="edge", why="x", enter=((Score(at_least=9),),), leave=(ScoreBelow(points=9),))
    assert "stages.edge.leave: it is left by the very score it is entered by" in doubts(stages=(edge, *SAAS.stages))[0]


def test_every_condition_has_words() -> None:
    for rules in (SAAS, REFERENCE):
        for stage in rules.stages:
            assert all(condition(part) for alternative in (*stage.enter, stage.leave) for part in alternative)
