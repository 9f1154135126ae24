"""The fast look at the crawlers' list gives the verdicts of the package it is made of."""

import re

import crawleruseragents
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.lists.crawlers import is_crawler, plain_runs

LISTED = [agent for item in crawleruseragents.CRAWLER_USER_AGENTS_DATA for agent in item.get("instances", [])]
PATTERNS = [item["pattern"] for item in crawleruseragents.CRAWLER_USER_AGENTS_DATA]
BROWSERS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile "
    "Safari/537.36",
]


def test_each_instance_of_the_list_is_a_crawler() -> None:
    assert len(LISTED) > 2000
    assert [agent for agent in LISTED if is_crawler(agent) is not crawleruseragents.is_crawler(agent)] == []
    assert all(map(is_crawler, LISTED))


@pytest.mark.parametrize("agent", ["", "x", "Mozilla/5.0", *BROWSERS])
def test_browsers_are_none(agent: str) -> None:
    assert not is_crawler(agent)
    assert not crawleruseragents.is_crawler(agent)


@given(
    st.sampled_from(LISTED), st.sampled_from(LISTED + BROWSERS), st.integers(0, 80), st.integers(0, 80), st.booleans()
)
def test_pieces_of_user_agents_are_judged_as_the_package_does(
    one: str, other: str, start: int, length: int, swapped: bool
) -> None:
    agent = other[:start] + one[start : start + length] + other[start:]
    agent = agent.swapcase() if swapped else agent
    assert is_crawler(agent) is crawleruseragents.is_crawler(agent)


@given(st.sampled_from(PATTERNS))
def test_no_pattern_loses_a_match_by_its_runs(pattern: str) -> None:
    for agent in LISTED:
        if re.search(pattern, agent):
            assert any(all(run in agent for run in runs) for runs in plain_runs(pattern))


@pytest.mark.parametrize(
    ("pattern", "runs"),
    [
        (r"ab+c", [["a", "c"]]),
        (r"colou?r\/", [["colo", "r/"]]),
        (r"a{2}bc", [["bc"]]),
        (r"(x(y)z)abc", [[]]),
        (r"a\|bc|d\.e", [["a|bc"], ["d.e"]]),
    ],
)
def test_what_must_stand_in_a_match(pattern: str, runs: list[list[str]]) -> None:
    assert plain_runs(pattern) == runs
