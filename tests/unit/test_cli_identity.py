import pytest

from deploy.cli.directory.identity import command_fact, subject_of
from pipeline.privacy.key import PrivacyKey
from schemas.errors import SettingsError
from schemas.identity import FactKind

KEY = PrivacyKey(bytes(range(32)))


@pytest.mark.parametrize(
    ("given", "subject"),
    [
        ("a:v-81", "a:" + KEY.visitor("v-81")),
        ("u:Jane", "u:" + KEY.user("Jane")),
        ("Jane@Acme.com", "e:" + KEY.mailbox("jane@acme.com")),
        ("e:Jane@Acme.com", "e:" + KEY.mailbox("jane@acme.com")),
        ("a:urn:x:1", "a:" + KEY.visitor("urn:x:1")),
        ("e:p-5e8c1f0a94b7d2630c1e@acme.com", "e:p-5e8c1f0a94b7d2630c1e@acme.com"),
        ("u:p-5e8c1f0a94b7d2630c1e", "u:p-5e8c1f0a94b7d2630c1e"),
    ],
)
def test_an_id_as_people_write_it(given: str, subject: str) -> None:
    assert subject_of(given, KEY) == subject


@pytest.mark.parametrize("given", ["", "v-81", "x:1", "a:", "c:acme", "a:" + "x" * 201])
def test_what_is_no_id_is_said(given: str) -> None:
    with pytest.raises(SettingsError, match="is no id"):
        subject_of(given, KEY)


def test_commands_at_other_times_are_other_facts() -> None:
    one, two = (command_fact(FactKind.UNLINK, "a:v", "acme", "r", at_ms) for at_ms in (1, 2))
    assert one.fact_id != two.fact_id
    assert one == command_fact(FactKind.UNLINK, "a:v", "acme", "r", 1)
