"""The hand-made metadata request, against a socket that answers as told."""

import socket
import struct
import threading

import pytest

from deploy.local.kafka_wire import ClusterAnswer, describe_cluster


def answer(*, correlation: int = 1, error: int = 0, cluster: bytes = b"abc", brokers: int = 1) -> bytes:
    body = struct.pack(">iBih", correlation, 0, 0, error) + b"\x00" + bytes([len(cluster) + 1]) + cluster
    body += struct.pack(">i", 1) + bytes([brokers + 1]) + b"rest"
    return struct.pack(">i", len(body)) + body


def ask(reply: bytes) -> ClusterAnswer | None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            return describe_cluster("127.0.0.1", server.getsockname()[1], timeout_seconds=5)
        finally:
            thread.join()


def test_a_serving_broker_is_understood() -> None:
    assert ask(answer(cluster=b"x" * 22)) == ClusterAnswer("x" * 22, 1)
    assert ask(answer(brokers=0)) == ClusterAnswer("abc", 0)


@pytest.mark.parametrize(
    "reply", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", answer(error=5), answer(correlation=9), b"\0\0\0\2ab"]
)
def test_anything_else_is_no_answer(reply: bytes) -> None:
    assert ask(reply) is None


def test_nobody_there_is_no_answer() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert describe_cluster("127.0.0.1", closed.getsockname()[1], timeout_seconds=1) is None
