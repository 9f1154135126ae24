"""Ask a broker who it is, in its own protocol: the proof that it serves, and that it is ours.

One request by hand (DescribeCluster, version 0) keeps start-up free of an event loop and of a client's log noise.
"""

import socket
import struct
from dataclasses import dataclass

_DESCRIBE_CLUSTER, _VERSION, _CORRELATION = 60, 0, 1
_CLIENT_ID = b"triggerpoint-local"


@dataclass(frozen=True)
class ClusterAnswer:
    """What a broker says about its cluster."""

    cluster_id: str
    brokers: int


def describe_cluster(host: str, port: int, *, timeout_seconds: float) -> ClusterAnswer | None:
    """Ask the broker for its cluster's id and the number of brokers that serve.

    Returns:
        The answer, or None where nobody answers yet or something else than a broker does.
    """
    # header version 2: key, version, correlation, client id, no tagged fields; body: no operations, no tagged fields
    request = struct.pack(">hhih", _DESCRIBE_CLUSTER, _VERSION, _CORRELATION, len(_CLIENT_ID)) + _CLIENT_ID
    request += b"\x00" + b"\x00" + b"\x00"
    try:
        with socket.create_connection((host, port), timeout=timeout_seconds) as connection:
            connection.settimeout(timeout_seconds)
            connection.sendall(struct.pack(">i", len(request)) + request)
            (length,) = struct.unpack(">i", _receive(connection, 4))
            return _parse(_receive(connection, length))
    except (OSError, ValueError, struct.error, IndexError):
        return None


def _receive(connection: socket.socket, count: int) -> bytes:
    if not 0 <= count <= 1_000_000:
        raise ValueError("not a Kafka answer")
    parts = bytearray()
    while len(parts) < count:
        part = connection.recv(count - len(parts))
        if not part:
            raise ValueError("connection closed")
        parts += part
    return bytes(parts)


def _parse(answer: bytes) -> ClusterAnswer | None:
    correlation, _tags, _throttle, error = struct.unpack_from(">iBih", answer)
    if correlation != _CORRELATION or error != 0:
        return None
    position = struct.calcsize(">iBih")
    _message, position = _compact_string(answer, position)
    cluster_id, position = _compact_string(answer, position)
    position += 4  # controller id
    count, _ = _varint(answer, position)
    return ClusterAnswer(cluster_id, count - 1)


def _compact_string(data: bytes, position: int) -> tuple[str, int]:
    length, position = _varint(data, position)
    end = position + max(0, length - 1)  # the length is stored plus one; 0 stands for null
    return data[position:end].decode(), end


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
