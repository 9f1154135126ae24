"""What stands on topics whose records may be said anew or taken back."""

from deploy.demo.standing import Standing, standing


def test_the_highest_revision_counts_and_a_statement_said_twice_is_seen() -> None:
    said = [(0, 0, {"id": "a", "revision": 0}), (0, 1, {"id": "a", "revision": 1}), (0, 2, {"id": "b", "revision": 0})]
    assert standing(said, "id") == Standing(2, 0)
    assert standing([*said, (0, 3, {"id": "b", "revision": 0})], "id") == Standing(2, 1)


def test_what_was_withdrawn_or_retracted_does_not_stand() -> None:
    said = [(0, 0, {"id": "a", "revision": 0}), (0, 1, {"id": "a", "revision": 1, "withdrawn": True})]
    assert standing(said, "id") == Standing(0, 0)
    again = [*said, (0, 2, {"id": "a", "revision": 2, "withdrawn": False})]
    assert standing(again, "id") == Standing(1, 0)
    assert standing([(0, 0, {"id": "x", "revision": 1, "status": "retracted"})], "id") == Standing(0, 0)


def test_a_retraction_takes_back_what_its_subject_did_for_the_account_before_it() -> None:
    def did(offset: int, key: str, **fields: object) -> tuple[int, int, dict[str, object]]:
        return 0, offset, {"id": key, "account_id": "acme", "subject": "a:v", "type": "page_view", **fields}

    said = [did(0, "1"), did(1, "2", subject="a:w"), did(2, "3", account_id="rival"), did(3, "r", type="retraction")]
    assert standing(said, "id") == Standing(2, 0)
    assert standing([*said, did(4, "1")], "id") == Standing(3, 0)
