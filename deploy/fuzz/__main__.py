"""Fuzz all targets for a time, print what was found, end with 1 if anything escaped; the last line is JSON."""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from deploy.fuzz.generated import generated
from deploy.fuzz.seeds import seeds_of, words
from deploy.fuzz.targets import TARGETS

FULL_SECONDS = 600.0
QUICK_SECONDS = 12.0
QUICK_GUIDED = ("ingest",)
"""Targets that are also guided when it must be quick: each costs some seconds to begin."""

GENERATED_SHARE = 0.3
KEPT = Path(".data") / "fuzz"
GUIDED = find_spec("atheris") is not None
LATE_SECONDS = 300
EXECUTED = re.compile(r"stat::number_of_executed_units:\s+(\d+)")
TAIL_LINES = 25


@dataclass(frozen=True)
class Found:
    """What one target gave.

    Args:
        executions: inputs it got.
        escape: what escaped; '' if nothing did.
    """

    executions: int
    escape: str = ""


def guided(target: str, seconds: float, seed: int) -> Found:
    """Work a target by coverage, in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        (folder / "corpus").mkdir()
        for number, value in enumerate(seeds_of(target)):
            (folder / "corpus" / f"seed-{number}").write_bytes(value)
        quoted = "".join(f'"{word[1:-1].decode()}"\n' for word in words())
        (folder / "words").write_text(quoted + '"\\x1b[2J"\n"\\xe2\\x80\\xae"\n"<!channel>"\n"javascript:"\n')
        command = [sys.executable, "-m", "deploy.fuzz.guided", target, str(max(1, int(seconds))), name, str(seed)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=seconds + LATE_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return Found(0, f"{target} did not end within {seconds + LATE_SECONDS:.0f} s")
        output = (done.stdout + done.stderr).decode("utf-8", "replace")
        executions = sum(map(int, EXECUTED.findall(output)))
        if done.returncode == 0:
            return Found(executions)
        kept = KEPT / target
        kept.mkdir(parents=True, exist_ok=True)
        inputs = [shutil.copy(path, kept) for path in sorted(folder.glob("escape-*"))]
        tail = "\n".join(output.splitlines()[-TAIL_LINES:])
        return Found(executions, f"code {done.returncode}; its inputs: {', '.join(map(str, inputs)) or 'none'}\n{tail}")


def main(
    seconds: Annotated[float, typer.Option("--for", help="Seconds of work, over all targets.")] = FULL_SECONDS,
    quick: Annotated[bool, typer.Option("--quick", help="Some seconds only.")] = False,
    seed: Annotated[int, typer.Option(help="Where chance begins.")] = 1,
    only: Annotated[str, typer.Option(help="One target instead of all.")] = "",
) -> None:
    """Drive decoders, schemas and the line with hostile input."""
    console, began = Console(), time.monotonic()
    seconds = QUICK_SECONDS if quick else seconds
    chosen = {name: share for name, (_, share) in TARGETS.items() if only in ("", name)}
    if not chosen:
        raise typer.BadParameter(f"--only is one of {', '.join(TARGETS)}")
    if not GUIDED:
        console.print("atheris is not installed here: only generated input, none guided by coverage")
    executions, escapes = 0, 0
    for name, share in chosen.items():
        own = seconds * share / sum(chosen.values())
        part = own * GENERATED_SHARE if GUIDED else own
        count, escape = generated(name, part, seed * 1_000_000)
        by_coverage = (
            guided(name, own - part, seed) if GUIDED and not (quick and name not in QUICK_GUIDED) else Found(0)
        )
        found = [text for text in (escape, by_coverage.escape) if text]
        executions, escapes = executions + count + by_coverage.executions, escapes + len(found)
        said = f"{count:,} generated, {by_coverage.executions:,} guided inputs in {own:.0f} s"
        console.print(f"{name:>9}  {said}: {'ESCAPED' if found else 'none escaped'}", highlight=False)
        for text in found:
            console.print(text, markup=False, highlight=False, soft_wrap=True)
    figures = {
        "executions": executions,
        "seconds": round(time.monotonic() - began, 1),
        "escapes": escapes,
        "targets": len(chosen),
        "guided": GUIDED,
    }
    typer.echo(orjson.dumps(figures))
    if escapes:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
