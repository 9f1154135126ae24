"""One target, guided by coverage: `python -m deploy.fuzz.guided <target> <seconds> <folder> <seed>`.

A process of its own, since libFuzzer ends the process it runs in. Its last lines are libFuzzer's figures; a broken
promise or a crash leaves the input in the folder.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pipeline", "schemas", "agents.directory", "deploy.explain"]):
    from deploy.fuzz.targets import TARGETS

LENGTH_MAX = 16_384
SLOW_SECONDS = 60
MEMORY_MB = 2048


def main() -> None:
    """Fuzz until the time is over or something escapes."""
    target, seconds, folder, seed = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={LENGTH_MAX}",
        f"-timeout={SLOW_SECONDS}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-seed={seed}",
        f"-dict={folder / 'words'}",
        f"-artifact_prefix={folder}/escape-",
        "-print_final_stats=1",
        "-verbosity=1",
        str(folder / "corpus"),
    ]
    atheris.Setup([sys.argv[0], *options], TARGETS[target][0])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
