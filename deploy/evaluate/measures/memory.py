"""What a million known ids cost: the real state store filled with them, measured in a process of its own."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from agents.shell.state import StateStore
from schemas.base import stable_id
from schemas.identity import Link, Method, SubjectState

MILLION = 1_000_000
MODULE = "deploy.evaluate.measures.memory"
SEEN = 5
"""Events a known visitor has behind it, on average in the simulated worlds."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What ids cost.

    Args:
        ids: how many were held.
        bytes: growth of the process, bytes.
        stored: bytes of keys and values among them.
    """

    ids: int
    bytes: int
    stored: int

    @property
    def million(self) -> float:
        """Bytes of a million: measured if as many were held, else taken times as many."""
        return self.bytes * MILLION / self.ids


def measure_memory(ids: int) -> Memory:
    """Hold that many ids in a child process, so that nothing else is counted."""
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-m", "deploy.evaluate.measures.memory", str(ids)],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return Memory(**json.loads(done.stdout.splitlines()[-1]))


def hold(ids: int) -> Memory:
    """Fill a store with known ids, each of its own and named by a work mailbox."""
    process = psutil.Process()
    store = StateStore()
    before = process.memory_info().rss
    for number in range(ids):
        store.apply(f"a:v-{number:016x}".encode(), _known(number).encode(), 0)
    return Memory(ids, process.memory_info().rss - before, store.bytes)


def _known(number: int) -> SubjectState:
    mailbox = f"someone.{number}@company-{number % 20_000}.com"
    link = Link(
        account_id=f"account-{number % 20_000}",
        domain=mailbox.rpartition("@")[2],
        method=Method.EMAIL_DIRECTORY,
        confidence=0.85,
        reason=f"work mailbox at {mailbox.rpartition('@')[2]}, a domain of the account",
        person=mailbox,
        event_id=stable_id("event", number),
        first_ms=1_780_000_000_000,
        last_ms=1_780_000_000_000 + number,
    )
    seen = tuple(stable_id("seen", number, turn) for turn in range(SEEN))
    hosts = {link.domain: link.last_ms}
    return SubjectState(links=(link,), seen=seen, mail_hosts=hosts, told=(stable_id("told", number)[:12],))


if __name__ == "__main__":
    print(json.dumps({"ids": (held := hold(int(sys.argv[1]))).ids, "bytes": held.bytes, "stored": held.stored}))  # noqa: T201
