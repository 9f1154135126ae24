"""Persons are known by a keyed hash behind ingest: what is hashed, what stays, and that nothing clear gets through."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import settings
from agents.privacy.key import privacy_key
from pipeline.ingest import RawRecord, ingest
from pipeline.privacy.contacts import ClearAddresses, opened, parts_of, with_contacts
from pipeline.privacy.key import PrivacyKey, is_pseudonym
from pipeline.privacy.scrub import scrubbed
from schemas.activity import ERASURE, Activity
from schemas.alert import Alert, AlertPerson, Play
from schemas.base import Source, Team, from_ms
from schemas.errors import SettingsError
from schemas.event import Event, Grade
from schemas.kept.contacts import Contacts, SealedContact
from tests.builders import activity

KEY, OTHER = PrivacyKey(bytes(range(32))), PrivacyKey(bytes(range(1, 33)))
NOBODY, DAY_MS = Contacts(), 86_400_000


def event_of(text: str, key: PrivacyKey | None = None) -> Event:
    [found] = ingest(RawRecord(Source.WEB, "t", 0, 0, 1_800_000_000_000, None, text.encode()), key=key)
    assert isinstance(found, Event), found
    return found


def test_a_mailbox_keeps_its_domain_and_nothing_else() -> None:
    found = KEY.mailbox(" Jane.Doe@Acme.com ")
    assert found.endswith("@acme.com")
    assert "jane" not in found
    assert found == KEY.mailbox("jane.doe@acme.com")
    assert is_pseudonym(found)


def test_equal_texts_of_other_kinds_companies_and_keys_show_nothing() -> None:
    texts = [KEY.mailbox("x@a.com"), KEY.mailbox("x@b.com"), KEY.user("x"), KEY.visitor("x"), OTHER.user("x")]
    assert len({text.partition("@")[0] for text in texts}) == len(texts)
    assert KEY.fingerprint != OTHER.fingerprint


def test_a_user_id_that_is_a_mailbox_is_hashed_as_one() -> None:
    assert KEY.user("Jane@acme.com") == KEY.mailbox("jane@acme.com")


@pytest.mark.parametrize("given", ["null", "00000000-0000-0000-0000-000000000000", "anonymous"])
def test_placeholders_stay_what_they_are(given: str) -> None:
    assert KEY.user(given) == KEY.visitor(given) == given
    assert KEY.mailbox("no-reply@acme.com") == "no-reply@acme.com"


def test_a_subject_is_hashed_once() -> None:
    once = KEY.subject("e:jane@acme.com")
    assert once == KEY.subject(once) == "e:" + KEY.mailbox("jane@acme.com")
    assert KEY.subject("c:acme") == "c:acme"


def test_nothing_clear_of_a_person_is_left_in_an_event() -> None:
    text = """{"type":"form_submit","occurred_at":"2026-11-22T10:00:00Z","anonymous_id":"visitor-81",
        "user_id":"user-17","email":"jane@acme.com","person_name":"Jane Doe","job_title":"CTO",
        "form":"from jane@acme.com","url":"https://x.io/u/jane@acme.com/hello?mail=jane%40acme.com&tp_vid=visitor-82&token=s3cret&seats=20",
        "title":"Hello jane@acme.com","account_id":"jane@acme.com","user_agent":"Mozilla/5.0","referrer":
        "https://m.io/?who=jane@acme.com&access_token=s3cret","properties":{"phone":"+49 30 1234567","firstName":"Jane",
        "invited":"joe@acme.com, jane@acme.com","seats":20,"owner":"maria@seller.io"}}"""
    clear, found = event_of(text), event_of(text, KEY)
    assert (clear.email, clear.person_name) == ("jane@acme.com", "Jane Doe")
    written = found.encode().decode()
    for secret in ("jane", "Jane", "Doe", "joe@", "visitor-8", "user-17", "s3cret", "1234567", 'person_name":"J'):
        assert secret not in written, (secret, written)
    hashed = KEY.mailbox("jane@acme.com")
    assert (found.email, found.user_id, found.anonymous_id) == (hashed, KEY.user("user-17"), KEY.visitor("visitor-81"))
    assert found.url == f"https://x.io/u/{hashed}/hello?mail={hashed}&seats=20"
    assert found.properties["link_visitor_id"] == KEY.visitor("visitor-82")
    assert found.properties["invited"] == f"{KEY.mailbox('joe@acme.com')}, {hashed}"
    assert (found.properties["owner"], found.properties["seats"]) == ("maria@seller.io", "20")
    assert (found.event_id, found.job_title, found.subject) == (clear.event_id, "CTO", "a:" + KEY.visitor("visitor-81"))


def test_a_sealed_contact_opens_with_its_key_for_its_person_only() -> None:
    person = KEY.mailbox("jane@acme.com")
    sealed = KEY.sealed(person, "jane@acme.com", "Jane Doe")
    assert sealed == PrivacyKey(bytes(range(32))).sealed(person, "jane@acme.com", "Jane Doe")
    assert KEY.opened(person, sealed) == ("jane@acme.com", "Jane Doe")
    assert KEY.opened(KEY.mailbox("joe@acme.com"), sealed) is None
    assert OTHER.opened(person, sealed) is None
    assert KEY.opened(person, "no seal") is None


def an_alert(person: str, team: Team, day: int) -> Alert:
    moment = from_ms(day * DAY_MS + 5)
    return Alert(
        alert_id="1",
        trigger="pricing_interest",
        team=team,
        account_id="acme",
        stage="aware",
        raised_at=moment,
        received_at=moment,
        act_by=moment,
        title="t",
        why=f"looks at prices ({person})",
        play=Play(next_likely="", message="", act_within_hours=1),
        people=(AlertPerson(person=person),),
        score=1,
        confidence=1,
        causes=(),
        rule_version="",
    )


def of(person: str, day: int, **changes: object) -> Activity:
    sealed = KEY.sealed(person, f"{person}@acme.com", "")
    return activity(day, "pricing_view", person).model_copy(
        update={"contact": sealed, "occurred_ms": day * DAY_MS + 17, **changes}
    )


def kept_of(activities: list[Activity], known: Contacts, days: int = 90) -> Contacts:
    *_, last = parts_of(activities, known, {"pricing_view"}, days)
    return last.after


def test_a_batch_is_cut_where_somebody_becomes_known() -> None:
    batch = [of("p", 1, contact=""), of("p", 2), of("p", 2, contact=""), of("q", 3)]
    first, second, third, fourth = parts_of(batch, NOBODY, {"pricing_view"}, 90)
    assert all(len(part.activities) == 1 for part in (first, second, third, fourth))
    assert all(not item.contact for part in (first, second, third, fourth) for item in part.activities)
    assert first.before is first.after is second.before is NOBODY
    assert second.after is third.before is third.after is fourth.before
    assert second.known_at(an_alert("p", Team.SALES, 2)) is NOBODY  # due before p came that day
    assert second.known_at(an_alert("p", Team.SALES, 3)) is second.after


def test_who_is_known_is_known_to_what_comes_behind_though_it_happened_before() -> None:
    batch = [of("p", 9), of("p", 2)]
    alert = an_alert("p", Team.SALES, 2)
    *_, last = parts_of(batch, NOBODY, {"pricing_view"}, 90)
    [known] = parts_of(batch[:1], NOBODY, {"pricing_view"}, 90)
    [alone] = parts_of(batch[1:], known.after, {"pricing_view"}, 90)
    assert last.known_at(alert) == alone.known_at(alert) == known.after


@given(st.permutations([of(f"p{number % 5}", number) for number in range(12)]), st.integers(1, 11))
def test_what_is_kept_of_people_does_not_depend_on_order_and_batches(found: list[Activity], cut: int) -> None:
    known = Contacts()
    for batch in (found[:cut], found[cut:]):
        known = kept_of(batch, known, days=3)
    assert {person: contact.seen_ms // DAY_MS for person, contact in known.people.items()} == {
        "p1": 11,
        "p0": 10,
        "p4": 9,
        "p3": 8,
    }


def test_of_one_day_the_contact_with_the_name_is_kept() -> None:
    for number in range(20):  # sealed texts are as good as random
        person = f"p{number}"
        named = of(person, 4, contact=KEY.sealed(person, f"{person}@acme.com", "Jane Doe"))
        for batch in ([of(person, 4), named], [named, of(person, 4)]):
            assert kept_of(batch, NOBODY).people[person].sealed == named.contact


def test_machines_and_delivered_mails_make_nobody_known() -> None:
    delivered = of("p", 1, type="email_delivered", source=Source.EMAIL)
    for one in (of("p", 1, grade=Grade.MACHINE), of("p", 1, contact=""), delivered):
        assert kept_of([one], NOBODY) is NOBODY
    assert kept_of([of("p", 1)], NOBODY, days=0) is NOBODY


def test_an_address_is_shown_to_teams_that_may_know_and_as_long_as_they_may() -> None:
    person = KEY.mailbox("jane@acme.com")
    known = Contacts(people={person: SealedContact(KEY.sealed(person, "jane@acme.com", "Jane"), 100 * DAY_MS)})
    for team, days, day, shown in (
        (Team.SALES, 90, 190, "jane@acme.com"),
        (Team.SALES, 90, 191, ""),
        (Team.MARKETING, 90, 100, ""),
    ):
        alert = an_alert(person, team, day)
        sealed = with_contacts(alert, known, ClearAddresses(KEY, frozenset({Team.SALES}), days))
        assert b"jane" not in sealed.encode()
        [found] = opened(sealed, KEY).people
        assert found.address == shown


def test_every_team_is_told_who_wants_no_mails_from_then_on() -> None:
    person, clear = KEY.mailbox("jane@acme.com"), ClearAddresses(KEY, frozenset({Team.SALES}), 90)
    stop = {"type": "email_unsubscribe", "source": Source.EMAIL, "contact": ""}
    assert kept_of([of(person, 5, **stop, grade=Grade.MACHINE)], NOBODY) is NOBODY
    known = kept_of([of(person, 5, **stop), of(person, 7, **stop), of("p", 6, **stop)], NOBODY)
    for team in Team:
        for day, told in ((5, False), (6, True)):
            [found] = opened(with_contacts(an_alert(person, team, day), known, clear), KEY).people
            assert (found.do_not_mail, found.address) == (told, "")
    gone = kept_of([of(person, 9, type=ERASURE, contact="")], known)
    assert list(gone.unmailed) == ["p"]


@given(st.permutations([of(f"p{number % 3}", number, type="email_spam_report") for number in range(6)]))
def test_the_first_word_counts_in_whatever_order_it_comes(found: list[Activity]) -> None:
    known = kept_of(found, NOBODY)
    assert known.unmailed == {f"p{number}": number * DAY_MS + 17 for number in range(3)}


def test_texts_without_a_mailbox_are_left_alone() -> None:
    for text in ("", "a@b", "https://x.io/@jane", "5 @ 3.50", "mail@"):
        assert scrubbed(text, KEY) == text


def test_the_key_is_taken_from_the_setting_or_its_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("f" * 32 + "\n")
    given = {"bootstrap_servers": "kafka:9092", "privacy_key_file": file}
    assert privacy_key(settings.load(**given)).fingerprint == PrivacyKey(b"f" * 32).fingerprint
    plain = settings.load(privacy_key="s" * 32)
    assert privacy_key(plain).fingerprint == PrivacyKey(b"s" * 32).fingerprint
    assert "ssss" not in repr(plain)


def test_a_local_broker_has_a_key_of_its_own(tmp_path: Path) -> None:
    loaded = settings.load(bootstrap_servers="127.0.0.1:9092,localhost:9093", data_dir=tmp_path / "data")
    first = privacy_key(loaded)
    assert privacy_key(loaded).fingerprint == first.fingerprint
    assert stat.S_IMODE((tmp_path / "data" / "privacy.key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"bootstrap_servers": "kafka-1:9092"}, "No privacy key is set"),
        ({"bootstrap_servers": "127.0.0.1:9092,10.0.0.1:9092"}, "openssl rand -hex 32"),
        ({"privacy_key": "short"}, "must have 32"),
    ],
)
def test_without_a_sound_key_nothing_starts(given: dict[str, str], says: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        privacy_key(settings.load(data_dir=tmp_path, **given))
    assert "short" not in str(caught.value).partition("must have")[0]
