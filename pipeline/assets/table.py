"""A CSV file of assets: every fault at once, with line, column and cure."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError

from pipeline.accounts.table import Problem
from schemas.authored.asset import Asset

COLUMNS = tuple(Asset.model_fields)
SYNONYMS = {"name": "asset", "asset_id": "asset", "id": "asset", "type": "kind", "link": "url", "stage": "stages"}


@dataclass(frozen=True, slots=True)
class Listed:
    """What a file says.

    Args:
        assets: by name.
        problems: everything that is wrong; then nothing of it should be used.
    """

    assets: dict[str, Asset]
    problems: tuple[Problem, ...]


def read_assets(lines: Iterable[str], stages: frozenset[str]) -> Listed:
    """Read a file.

    Args:
        lines: its lines, the first with the headings.
        stages: those of the journey; others are faults.
    """
    reader = csv.reader(lines)
    headings = [_heading(cell) for cell in next(reader, [])]
    problems = [
        Problem(1, heading or "(empty)", "this column is not known", f"Columns are {', '.join(COLUMNS)}")
        for heading in headings
        if heading not in COLUMNS
    ]
    if "asset" not in headings:
        problems.append(Problem(1, "asset", "this column is missing", "It names the asset as producers report it"))
    if problems:
        return Listed({}, tuple(problems))
    found: dict[str, Asset] = {}
    for cells in reader:
        line = reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        given = dict(zip(headings, (cell.strip() for cell in cells), strict=False))
        named = tuple(filter(None, (part.strip() for part in given.pop("stages", "").split(";"))))
        mend = f"Stages are {', '.join(sorted(stages))}"
        problems += [Problem(line, "stages", f"`{one}` is no stage", mend) for one in named if one not in stages]
        try:
            asset = Asset(**given, stages=named)
        except ValidationError as error:
            mend = "Give a shorter text, or a name"
            problems += [Problem(line, str(item["loc"][0]), item["msg"], mend) for item in error.errors()]
            continue
        if asset.asset in found:
            problems.append(Problem(line, "asset", f"`{asset.asset}` stands twice", "Keep one of them"))
        found[asset.asset] = asset
    return Listed(found, tuple(problems))


def _heading(cell: str) -> str:
    plain = cell.strip().lstrip("\ufeff").lower().replace(" ", "_").replace("-", "_")
    return SYNONYMS.get(plain, plain)
