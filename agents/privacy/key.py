"""Where an installation's privacy key comes from.

`TRIGGERPOINT_PRIVACY_KEY` (or the file that `TRIGGERPOINT_PRIVACY_KEY_FILE` names); else, on a broker of this machine
only, a key in the data directory, made when it is first needed. Workers on other brokers do not start without one: each
would make its own, and one person would be several.
"""

import os
import secrets
from ipaddress import ip_address
from pathlib import Path

import structlog

from agents.settings import Settings
from pipeline.privacy.key import PrivacyKey
from schemas.errors import SettingsError

KEY_FILE = "privacy.key"

log = structlog.get_logger()


def privacy_key(settings: Settings) -> PrivacyKey:
    """The key of this installation.

    Raises:
        SettingsError: there is none, it is too short, or its file cannot be read.
    """
    given = settings.privacy_key.get_secret_value().strip()
    if given:
        return PrivacyKey(given.encode())
    if not _all_local(settings.bootstrap_servers):
        raise SettingsError(
            f"No privacy key is set for the line on {settings.bootstrap_servers}: persons are known by a keyed hash.",
            "Make one (`openssl rand -hex 32`), keep it as you keep passwords, and give it to every worker and command "
            "of this line as TRIGGERPOINT_PRIVACY_KEY or in a file named by TRIGGERPOINT_PRIVACY_KEY_FILE.",
        )
    return PrivacyKey(_made(settings.data_dir.expanduser().absolute() / KEY_FILE))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes().strip()
    except OSError as error:
        raise SettingsError(
            f"The local privacy key {path} cannot be read: {error.strerror}.", "Set TRIGGERPOINT_PRIVACY_KEY instead."
        ) from error


def _made(path: Path) -> bytes:
    """The local key, made if it is not there; of several workers that make it at once one wins."""
    if not path.exists():
        mine = path.with_name(f"{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            mine.write_text(secrets.token_hex(32) + "\n")
            mine.chmod(0o600)
            os.link(mine, path)
            log.info("privacy_key_made", file=str(path))
        except FileExistsError:
            pass
        except OSError as error:
            raise SettingsError(
                f"The local privacy key {path} cannot be made: {error.strerror}.",
                "Name a TRIGGERPOINT_DATA_DIR this user may write, or set TRIGGERPOINT_PRIVACY_KEY.",
            ) from error
        finally:
            mine.unlink(missing_ok=True)
    return _read(path)


def _all_local(servers: str) -> bool:
    return all(_local(server.strip().rpartition(":")[0] or server.strip()) for server in servers.split(","))


def _local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
