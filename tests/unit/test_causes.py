"""The sentence of causes, and whom to speak to: what a salesperson reads first."""

from pipeline.advance import Advanced, advance
from pipeline.explain import PARTS_MAX
from pipeline.journeyfile.read import read_rules
from pipeline.rules.model import GroupRole, PlayRule
from schemas.activity import Activity
from schemas.alert import Alert
from schemas.base import Source
from tests.builders import activity
from tests.journeys import FOLDER, SAAS, changed


def fold(*activities: Activity) -> Advanced:
    return advance(None, "acme", activities, None, SAAS)


def alert_of(result: Advanced, trigger: str) -> Alert:
    return [alert for alert in result.alerts if alert.trigger == trigger][-1]


def why(trigger: str, *activities: Activity) -> str:
    return alert_of(fold(*activities), trigger).why


def jane(days: float, kind: str, **fields: object) -> Activity:
    return activity(days, kind, "jane@acme.com", job_title="Head of Data", **fields)


def test_who_did_what_how_often_and_when() -> None:
    told = why(
        "pricing_interest",
        activity(0, "content_download", "", asset="buyers-guide"),
        jane(1, "comparison_view"), jane(2, "comparison_view"), jane(3, "comparison_view"),
        activity(4, "pricing_view", "x@acme.com", job_title="CFO"),
    )  # fmt: skip
    assert told == (
        "Acme Corp: it looks at prices. The CFO (x@acme.com) looked at prices today; the Head of Data (jane@acme.com) "
        "compared us with a rival 3 times, last yesterday; someone without a name downloaded a paper (buyers-guide) "
        "4 days ago; score 37."
    )


def test_what_one_person_did_again_is_one_part_and_two_of_one_title_are_two() -> None:
    told = why(
        "pricing_interest",
        *(jane(0.01 * step, "docs_view", asset=f"a{step}") for step in range(4)),
        activity(0.05, "docs_view", "joe@acme.com", job_title="Head of Data"),
        activity(0.06, "pricing_view", "joe@acme.com"),
    )
    assert "the Head of Data (jane@acme.com) read the documentation (4 different) 4 times today" in told
    assert told.startswith("Acme Corp: it looks at prices. The Head of Data (joe@acme.com) looked at prices today")


def test_people_without_a_title_companies_and_users() -> None:
    told = why(
        "pricing_interest",
        activity(0, "opportunity_created", "", source=Source.CRM, subject="c:acme"),
        activity(1, "docs_view", "u-17"),
        activity(1, "pricing_view", "p-k3vq@acme.com"),
    )
    assert ". p-k3vq@acme.com looked at prices today" in told
    assert "the company entered an opportunity with us yesterday" in told
    assert "somebody signed in (u-17) read the documentation today" in told


def test_five_parts_at_most_and_the_same_from_the_same() -> None:
    many = [activity(0.01 * step, "docs_view", f"p{step}@acme.com", job_title=f"Title {step}") for step in range(9)]
    told = why("pricing_interest", *many, jane(1, "pricing_view"))
    assert told.count(";") == PARTS_MAX
    assert told == why("pricing_interest", *many, jane(1, "pricing_view"))


def test_what_fell_out_of_the_list_is_said_in_one_part() -> None:
    many = [activity(0.5 * step, "docs_view", "jane@acme.com") for step in range(140)]
    told = why("comparison_check", *many, jane(70, "comparison_view"))
    assert "before that 21 more of documentation" in told


def test_whom_to_speak_to_is_of_the_role_wanted_and_was_seen_last() -> None:
    group = (GroupRole(name="executive", titles=("cfo", "vp")), GroupRole(name="champion", titles=("head of",)))
    play = PlayRule(next_likely="n", message="m", speak_to=("executive", "champion"), act_within_hours=1)
    (rule,) = [rule for rule in SAAS.triggers if rule.name == "pricing_interest"]
    rules = changed(buying_group=group, triggers=(rule.model_copy(update={"play": play}),))

    def chosen(*activities: Activity) -> tuple[str, str]:
        alert = advance(None, "acme", activities, None, rules).alerts[-1]
        assert alert.play.speak_to == "executive, else champion"
        return alert.speak_to, alert.people[0].role if alert.people else ""

    vera, carl = (activity(day, "page_view", f"{name}@acme.com", job_title=title)
                  for day, name, title in ((0, "vera", "VP Sales"), (1, "carl", "CFO")))  # fmt: skip
    assert chosen(vera, carl, jane(2, "pricing_view")) == ("carl@acme.com", "executive")
    assert chosen(jane(2, "pricing_view")) == ("jane@acme.com", "champion")
    later = activity(3, "page_view", "late@acme.com")
    assert chosen(activity(2, "page_view", "a@acme.com"), activity(2.5, "pricing_view", "b@acme.com"), later) == (
        "b@acme.com",
        "",
    )
    assert chosen(activity(2, "pricing_view", "")) == ("", "")


def test_content_fits_the_stage() -> None:
    early = alert_of(fold(jane(0, "pricing_view")), "pricing_interest")
    trial = activity(1, "trial_started", "joe@acme.com", ends_ms=activity(15).occurred_ms)
    late = alert_of(fold(trial, jane(2, "pricing_view")), "pricing_interest")
    assert (early.stage, late.stage) == ("aware", "trialing")
    assert early.play.content != late.play.content == "what the trial has brought so far, as money"


def test_every_shipped_play_is_complete() -> None:
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.name == "reference.yaml":
            continue
        rules = read_rules(path.read_text()).rules
        assert rules is not None
        for rule in rules.triggers:
            play = rule.play
            assert all((play.talk_track, play.channel, play.speak_to, play.acts)), (path.name, rule.name)
        assert all(rule.did for rule in rules.activities.values()), path.name
