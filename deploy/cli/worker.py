"""`triggerpoint worker`: run all stages, or some of them."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
import uvloop

from agents import settings
from agents.observe import logs
from agents.observe.supervisor import Patience, Supervisor
from agents.stages import STAGES
from agents.worker import run_worker
from deploy.local.ports import choose_port
from schemas.errors import SettingsError

LOOPBACK = "127.0.0.1"
ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - only asked whether the worker listens on all
SILENT_SECONDS = 15.0


def worker(
    stages: Annotated[
        list[str] | None, typer.Argument(help=f"Stages to run, out of: {', '.join(STAGES)}. All by default.")
    ] = None,
    supervised: Annotated[
        bool, typer.Option("--supervised", help="Keep it going: start it anew when it crashes, hangs or stands still.")
    ] = False,
) -> None:
    """Run the pipeline until Ctrl-C or SIGTERM. Settings come from TRIGGERPOINT_* variables."""
    chosen = tuple(stages or STAGES)
    unknown = sorted(set(chosen) - set(STAGES))
    if unknown:
        raise SettingsError(f"There is no stage {', '.join(unknown)}.", f"Stages are: {', '.join(STAGES)}.")
    loaded = settings.load()
    logs.set_up(loaded.log_level, loaded.secret_texts())
    if supervised:
        raise typer.Exit(asyncio.run(_supervise(loaded, chosen)))
    uvloop.run(run_worker(loaded, chosen))


async def _supervise(loaded: settings.Settings, stages: Sequence[str]) -> int:
    """Run the worker as a child; the exit code."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop.set)
    port = loaded.metrics_port or choose_port("metrics", asked=None, wishes=())
    host = LOOPBACK if loaded.metrics_host in ANY_ADDRESS else loaded.metrics_host
    supervisor = Supervisor(
        [sys.executable, "-m", "deploy.cli", "worker", *stages],
        os.environ | {f"{settings.PREFIX}METRICS_PORT": str(port)},
        f"http://{host}:{port}/healthz",
        Patience(silent_seconds=max(SILENT_SECONDS, loaded.stall_seconds / 2)),
    )
    return await supervisor.run(stop)
