"""What holds for all tests: nothing of this machine's user counts."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def no_kept_data() -> Iterator[None]:
    """Network data somebody keeps on this machine would change answers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIGGERPOINT_ASN_FILE", "none")
        yield
