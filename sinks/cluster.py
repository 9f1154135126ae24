"""Migrations for a ClickHouse cluster: the same files, said to every server of it, with engines that replicate.

One shard with any number of replicas: every server has all rows, so views need no distributed tables and any server may
be asked or written to. Paths of replicas are the servers' own (`default_replica_path`, by table id and shard).
"""

import re

_NAME = r"(?:`[^`]+`|[A-Za-z_][\w.]*)"
_HEAD = re.compile(
    rf"^\s*(?:CREATE\s+(?:OR\s+REPLACE\s+)?|ALTER\s+|DROP\s+|TRUNCATE\s+)(?:DATABASE|TABLE|VIEW|FUNCTION)\s+"
    rf"(?:IF\s+(?:NOT\s+)?EXISTS\s+)?{_NAME}",
    re.IGNORECASE,
)
_ENGINE = re.compile(r"\bENGINE\s*=\s*(?=\w*MergeTree\b)(?!Replicated)", re.IGNORECASE)


def on_cluster(statement: str, cluster: str) -> str:
    """A statement of a migration as a cluster wants it; unchanged where no cluster is named, or where it is none that
    makes or changes anything by name.

    Args:
        statement: one SQL statement.
        cluster: name of the cluster in the servers' configuration; '' for a single server.
    """
    head = _HEAD.match(statement) if cluster else None
    if head is None:
        return statement
    said = f"{head[0]} ON CLUSTER '{cluster}'{statement[head.end() :]}"
    return _ENGINE.sub("ENGINE = Replicated", said)
