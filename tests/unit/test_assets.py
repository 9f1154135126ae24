"""The list of assets as a file: what is right is taken, what is wrong is said with its line."""

from pipeline.assets.table import read_assets
from schemas.authored.asset import Asset

STAGES = frozenset({"evaluating", "deciding"})


def problems(text: str) -> list[tuple[int, str, str]]:
    return [(one.line, one.column, one.what) for one in read_assets(text.splitlines(keepends=True), STAGES).problems]


def test_a_file_as_people_write_it() -> None:
    text = (
        "\ufeffName,Title,Type,Link,Stages\nroi, ROI guide ,white paper,https://x.io/roi,evaluating; deciding\n"
        ",,,,\ntour\n"
    )
    listed = read_assets(text.splitlines(keepends=True), STAGES)
    assert listed.problems == ()
    assert listed.assets == {
        "roi": Asset(
            asset="roi",
            title="ROI guide",
            kind="white paper",
            url="https://x.io/roi",
            stages=("evaluating", "deciding"),
        ),
        "tour": Asset(asset="tour"),
    }


def test_every_fault_is_said_with_its_line() -> None:
    assert problems("asset,colour\nroi,red\n") == [(1, "colour", "this column is not known")]
    assert problems("title\nROI\n") == [(1, "asset", "this column is missing")]
    text = "asset,stages,title\nroi,evaluting,x\nroi,,x\n,,untitled\nlong,," + "t" * 2000 + "\n"
    found = problems(text)
    assert [(line, column) for line, column, _ in found] == [(2, "stages"), (3, "asset"), (4, "asset"), (5, "title")]
    assert found[0][2] == "`evaluting` is no stage"


def test_an_empty_file_says_what_it_lacks() -> None:
    assert problems("") == [(1, "asset", "this column is missing")]
