"""Run all checks, print a line for each, and end with 1 if something does not fit. `make check` calls it."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer

from deploy.check import audit, compose, dashboards, files, image, rules
from deploy.check.result import ROOT, Result

Check = Callable[[Path], Result]

CHECKS: Sequence[Check] = (
    compose.check_schema,
    compose.check_surroundings,
    compose.check_settings,
    image.check_dockerfile,
    image.check_context,
    image.check_command,
    files.check_locks,
    files.check_yaml,
    rules.check_rules,
    rules.check_promtool,
    dashboards.check_layout,
    dashboards.check_promql,
    dashboards.check_sql,
    files.check_hosts,
    audit.check_known_faults,
)
SIDE_BY_SIDE = 4
"""Most of the time goes to processes that checks start."""


def guarded(check: Check, root: Path) -> Result:
    """A check's outcome; a piece so broken that it cannot be looked at is a problem too, not a traceback."""
    try:
        return check(root)
    except Exception as error:  # noqa: BLE001 - missing files, broken YAML or JSON, missing keys: all are findings
        module = check.__module__.rpartition(".")[2]
        return Result(f"{module}.{check.__name__}", [f"could not be looked at: {type(error).__name__}: {error}"])


def main(
    root: Annotated[Path, typer.Option(help="Folder of the checkout.", file_okay=False)] = ROOT,
    strict: Annotated[bool, typer.Option("--strict", help="What could not be looked at fails, too.")] = False,
) -> None:
    """Check the deployment pieces against the product."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        results = []
        for result in pool.map(lambda check: guarded(check, root), CHECKS):
            results.append(result)
            typer.echo(result.line)
            for problem in result.problems:
                typer.echo(f"        {problem}")
    failed = sum(1 for result in results if result.problems or (strict and result.left_out))
    if left_out := [result.name for result in results if result.left_out]:
        typer.echo(f"not looked at: {'; '.join(left_out)} (`make check STRICT=1` takes that for a failure)", err=True)
    if failed:
        typer.echo(f"{failed} of {len(results)} checks failed", err=True)
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
