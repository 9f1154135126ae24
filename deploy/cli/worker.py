"""`triggerpoint worker`: run all stages, or some of them."""

from typing import Annotated

import typer
import uvloop

from agents import settings
from agents.observe import logs
from agents.stages import STAGES
from agents.worker import run_worker
from schemas.errors import SettingsError


def worker(
    stages: Annotated[
        list[str] | None, typer.Argument(help=f"Stages to run, out of: {', '.join(STAGES)}. All by default.")
    ] = None,
) -> None:
    """Run the pipeline until Ctrl-C or SIGTERM. Settings come from TRIGGERPOINT_* variables."""
    chosen = tuple(stages or STAGES)
    unknown = sorted(set(chosen) - set(STAGES))
    if unknown:
        raise SettingsError(f"There is no stage {', '.join(unknown)}.", f"Stages are: {', '.join(STAGES)}.")
    loaded = settings.load()
    logs.set_up(loaded.log_level, loaded.secret_texts())
    uvloop.run(run_worker(loaded, chosen))
