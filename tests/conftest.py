"""What holds for all tests: nothing of this machine's user counts."""

from collections.abc import Iterator

import hypothesis  # noqa: F401 - at the end of a run without it its plugin would import it, where CPython 3.11 can fail
import pytest


@pytest.fixture(scope="session", autouse=True)
def no_kept_data() -> Iterator[None]:
    """Network data somebody keeps on this machine would change answers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIGGERPOINT_ASN_FILE", "none")
        yield
