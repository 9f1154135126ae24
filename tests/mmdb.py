"""A writer of small MMDB files, by the published format 2.0: a search tree of 24-bit records, data, metadata."""

from ipaddress import ip_network
from pathlib import Path
from typing import Any

MARK = b"\xab\xcd\xefMaxMind.com"


def write_mmdb(path: Path, networks: dict[str, dict[str, Any]], database_type: str = "Test-Enterprise") -> None:
    """Write IPv4 networks with their records."""
    nodes: list[list[int]] = [[-1, -1]]
    data = bytearray()
    leaves: dict[tuple[int, int], int] = {}
    for text, record in networks.items():
        network = ip_network(text)
        bits = f"{int(network.network_address):032b}"[: network.prefixlen]
        at = 0
        for bit in map(int, bits[:-1]):
            if nodes[at][bit] == -1:
                nodes.append([-1, -1])
                nodes[at][bit] = len(nodes) - 1
            at = nodes[at][bit]
        leaves[at, int(bits[-1])] = len(data)
        data += _encoded(record)
    count = len(nodes)
    tree = bytearray()
    for at, node in enumerate(nodes):
        for side in (0, 1):
            offset = leaves.get((at, side))
            value = count + 16 + offset if offset is not None else count if node[side] == -1 else node[side]
            tree += value.to_bytes(3, "big")
    meta = {
        "node_count": count,
        "record_size": 24,
        "ip_version": 4,
        "database_type": database_type,
        "languages": [],
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": 1_780_000_000,
        "description": {},
    }
    path.write_bytes(bytes(tree) + bytes(16) + bytes(data) + MARK + _encoded(meta))


KINDS = {"node_count": 6, "build_epoch": 9}
"""Readers insist on these: 32 and 64 bits; 16 (kind 5) for the rest."""


def _encoded(value: Any, kind: int = 5) -> bytes:
    if isinstance(value, bool):
        return bytes([int(value), 14 - 7])
    if isinstance(value, str):
        raw = value.encode()
        return _head(2, len(raw)) + raw
    if isinstance(value, int):
        raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
        return bytes([len(raw), kind - 7]) + raw if kind > 7 else _head(kind, len(raw)) + raw
    if isinstance(value, dict):
        parts = (_encoded(key) + _encoded(item, KINDS.get(key, 5)) for key, item in value.items())
        return _head(7, len(value)) + b"".join(parts)
    assert isinstance(value, list)
    return bytes([len(value), 11 - 7]) + b"".join(map(_encoded, value))


def _head(kind: int, size: int) -> bytes:
    assert size < 285
    return bytes([kind << 5 | size]) if size < 29 else bytes([kind << 5 | 29, size - 29])
