"""Known faults of dependencies: found ones fail the checks, and a service that was not asked never passes silently."""

import json

from deploy.check.audit import judged

SAFE = {"name": "aiohttp", "version": "3.14.5", "vulns": []}
FAULTY = {"name": "pip", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"], "description": "…"}]}
UNKNOWN = {"name": "own", "skip_reason": "not found"}


def test_a_known_fault_is_a_problem_with_its_cure() -> None:
    result = judged(json.dumps({"dependencies": [SAFE, FAULTY]}), "")
    assert len(result.problems) == 1
    assert "pip 1: CVE-1, mended in 2" in result.problems[0]
    assert result.line.strip().startswith("FAILED")


def test_none_is_ok_and_says_how_many_were_asked() -> None:
    result = judged(json.dumps({"dependencies": [SAFE, UNKNOWN]}), "")
    assert (list(result.problems), result.left_out) == ([], "")
    assert "1 asked; not known there: own" in result.line


def test_a_service_that_does_not_answer_is_said_to_be_so() -> None:
    for answer, complaint in (("", "a.b.ConnectionError: no way"), ("{}", ""), (json.dumps({"dependencies": []}), "")):
        result = judged(answer, complaint)
        assert result.left_out
        assert not result.problems
        assert result.line.strip().startswith("NOT LOOKED AT")


def test_a_service_that_knows_none_of_them_was_not_asked() -> None:
    assert judged(json.dumps({"dependencies": [UNKNOWN, UNKNOWN]}), "").left_out
