"""Which ids an erasure takes along: all of the person's, and none of anybody else's."""

from deploy.privacy.kin import kin_of, seen_of


def test_a_person_is_its_user_its_mailboxes_and_its_own_visitors() -> None:
    seen = seen_of([("u:1", "e:a"), ("u:1", "e:b"), ("a:1", "u:1"), ("a:2", "e:a"), ("e:c", "u:2"), ("c:x", "e:a")])
    for start in ("u:1", "e:a", "e:b", "a:1", "a:2"):
        assert kin_of(start, seen) == {"u:1", "e:a", "e:b", "a:1", "a:2"}
    assert kin_of("e:c", seen) == {"e:c", "u:2"}


def test_a_shared_device_is_nobodys() -> None:
    seen = seen_of([("a:desk", "e:jane"), ("a:desk", "e:joe"), ("a:own", "e:jane")])
    assert kin_of("e:jane", seen) == {"e:jane", "a:own"}
    assert kin_of("a:desk", seen) == {"a:desk"}


def test_a_mailbox_of_a_role_takes_no_user_along() -> None:
    seen = seen_of([("e:info", "u:1"), ("e:info", "u:2"), ("e:jane", "u:1")])
    assert kin_of("e:info", seen) == {"e:info"}
    assert kin_of("u:1", seen) == {"u:1", "e:jane"}


def test_of_an_unknown_id_there_is_itself() -> None:
    assert kin_of("u:1", {}) == {"u:1"}
