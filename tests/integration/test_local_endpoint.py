"""An unchanged clickhouse-connect client, and curl, against the local endpoint."""

import asyncio
import concurrent.futures
import datetime as dt
import decimal
import gzip
import http.client
import ipaddress
import json
import urllib.parse
import uuid
from collections.abc import Iterator
from typing import Any

import clickhouse_connect
import psutil
import pyarrow as pa
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError
from clickhouse_connect.driver.external import ExternalData

from deploy.local import stack
from tests.integration.endpoint_client import client_of, port_of

pytestmark = pytest.mark.integration

NASTY = [
    "it's",
    "tab\tx",
    "line\nx",
    "back\\slash",
    "é😀",
    "",
    '"q"',
    "`b`",
    "\\N",
    "a'b\\'c",
    "{x:String}",
    "\r\n",
    "\0z",
]
ROWS = 120_000


@pytest.fixture
def client(addresses: stack.StackAddresses) -> Iterator[Client]:
    """A client in a database of this test's own."""
    name = f"test_{uuid.uuid4().hex}"
    client_of(addresses).command(f"CREATE DATABASE {name}")
    made = client_of(addresses, database=name)
    yield made
    made.command(f"DROP DATABASE {name}")
    made.close()


def listener(addresses: stack.StackAddresses) -> int | None:
    """Process that serves the endpoint."""
    (found,) = [
        connection.pid
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port_of(addresses)
    ]
    return found


def request(
    addresses: stack.StackAddresses, method: str, target: str, body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port_of(addresses), timeout=30)
    try:
        connection.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def test_the_client_starts_and_pings(client: Client) -> None:
    assert client.ping()
    assert str(client.server_tz) == "UTC"
    assert client.command("SELECT timezone()") == "UTC"
    assert client.server_version == client.command("SELECT version()")
    assert len(client.server_settings) > 500


@pytest.mark.parametrize("text", NASTY)
def test_parameters_arrive_as_they_were_sent(client: Client, text: str) -> None:
    sql = "SELECT {x:String}, {a:Array(String)}, {n:Nullable(String)}"
    assert client.query(sql, parameters={"x": text, "a": [text, "b"], "n": None}).result_rows == [
        (text, [text, "b"], None)
    ]


def test_every_type_comes_back_as_it_was_inserted(client: Client) -> None:
    client.command(
        """CREATE TABLE every (id UInt64, s String, b String, d DateTime64(3, 'UTC'), lc LowCardinality(String),
        lcn LowCardinality(Nullable(String)), a Array(LowCardinality(String)), m Map(String, Array(UInt8)),
        n Nullable(Float64), t Tuple(Int32, String), nest Nested(k String, v Int8), u UUID, de Decimal(18, 4), ip IPv6,
        e Enum8('a' = 1, 'b' = 2), fs FixedString(3), bo Bool, aa Array(Array(Nullable(Int32))), dd Date)
        ENGINE = MergeTree ORDER BY id"""
    )
    moment = dt.datetime(2025, 1, 2, 3, 4, 5, 678000)  # noqa: DTZ001 the client gives UTC columns without a zone

    def row(i: int) -> tuple[Any, ...]:
        words, numbers = ["a", "b"][: i % 3], {"k": [1, 2], "é": []}
        head = (i, f"héllo😀{i}", b"\x00\xff\n'\\", moment, f"lc{i % 3}", None if i % 2 else "z", words, numbers)
        tail = (uuid.UUID(int=i), decimal.Decimal("1.2500"), ipaddress.ip_address("::1"), "ab"[i % 2], b"abc")
        last = (bool(i % 2), [[1, None], []], dt.date(2025, 1, 2))
        return (*head, None if i % 3 else 1.5, (i, "y"), ["k1", "k2"], [1, 2], *tail, *last)

    rows = [row(i) for i in range(500)]
    names = [name for name, *_ in client.query("DESCRIBE every").result_rows]
    assert client.insert("every", rows, column_names=names).written_rows == len(rows)
    read = client.query("SELECT * FROM every ORDER BY id", column_formats={"b": "bytes", "fs": "bytes"})
    assert [tuple(one) for one in read.result_rows] == rows
    assert int(read.summary["read_rows"]) == len(rows)
    assert int(read.summary["result_rows"]) == len(rows)


@pytest.mark.parametrize("compress", [False, "lz4", "zstd", "gzip"])
def test_many_rows_go_in_and_stream_out_under_each_compression(
    addresses: stack.StackAddresses, client: Client, compress: bool | str
) -> None:
    client.command("CREATE TABLE many (id UInt64, s String, lc LowCardinality(String)) ENGINE = MergeTree ORDER BY id")
    columns = [list(range(ROWS)), [f"é-{i}" for i in range(ROWS)], [f"l{i % 10}" for i in range(ROWS)]]
    with client_of(addresses, compress=compress, database=client.database) as other:
        assert other.insert("many", columns, column_names=["id", "s", "lc"], column_oriented=True).written_rows == ROWS
        assert other.command("SELECT sum(id) FROM many") == ROWS * (ROWS - 1) // 2
        count = 0
        with other.query_row_block_stream("SELECT * FROM many ORDER BY id") as stream:
            for block in stream:
                assert block[0] == (count, f"é-{count}", f"l{count % 10}")
                count += len(block)
        assert count == ROWS


def test_raw_inserts_in_text_formats(client: Client) -> None:
    client.command("CREATE TABLE raw (a UInt8, s String) ENGINE = MergeTree ORDER BY a")
    lines = b'{"a": 1, "s": "x"}\n{"a": 2, "s": "\xc3\xa9"}\n'
    assert client.raw_insert("raw", ["a", "s"], lines, fmt="JSONEachRow").written_rows == 2
    packed = gzip.compress(b"3\tthree\n4\tfour\n")
    assert client.raw_insert("raw", ["a", "s"], packed, fmt="TabSeparated", compression="gzip").written_rows == 2
    assert client.command("INSERT INTO raw VALUES (5, 'semi;colon'), (6, 'x');").written_rows == 2  # type: ignore[union-attr]
    client.command("INSERT INTO raw VALUES ({a:UInt8}, {s:String})", parameters={"a": 7, "s": "it's"})
    client.command('INSERT INTO raw FORMAT JSONEachRow {"a": 8, "s": "inline"}')
    client.command("INSERT INTO raw SELECT a + 10, s FROM raw WHERE a = {x:UInt8}", parameters={"x": 8})
    rows = client.query("SELECT a, s FROM raw ORDER BY a").result_rows
    expected = ["x", "é", "three", "four", "semi;colon", "x", "it's", "inline"]
    assert rows == [*enumerate(expected, start=1), (18, "inline")]


def test_answers_in_other_formats(client: Client) -> None:
    assert json.loads(client.raw_query("SELECT 1 AS a, 'é' AS b", fmt="JSONCompact"))["data"] == [[1, "é"]]
    assert client.query_arrow("SELECT number FROM numbers(5)").num_rows == 5
    client.command("CREATE TABLE arrow (a UInt64) ENGINE = Memory")
    client.insert_arrow("arrow", pa.table({"a": pa.array([1, 2], pa.uint64())}))
    assert client.command("SELECT sum(a) FROM arrow") == 3
    assert client.query("SELECT a FROM arrow LIMIT 0").column_names == ("a",)
    assert client.query("SELECT a FROM arrow WHERE a > 5").result_rows == []


def test_settings_databases_and_sessions_do_not_leak(addresses: stack.StackAddresses, client: Client) -> None:
    threads = "SELECT getSetting('max_threads')"
    usual = client.command(threads)
    assert client.query(threads, settings={"max_threads": 3}).result_rows == [(3,)]
    assert client.command(threads) == usual
    client.command("CREATE TEMPORARY TABLE mine (a UInt8)")
    client.command("INSERT INTO mine VALUES (1)")
    assert client.command("SELECT count() FROM mine") == 1
    assert client.command("SELECT currentDatabase()") == client.database
    assert client.command("SELECT currentDatabase()", use_database=False) == "default"
    with client_of(addresses) as other, pytest.raises(DatabaseError, match="mine"):
        other.command("SELECT count() FROM mine")
    client.command("SET max_threads = 5")
    assert client.command(threads) == 5, "a session keeps what was set in it"
    assert client.query(threads, settings={"max_threads": 3}).result_rows == [(3,)]
    assert client.command(threads) == 5
    assert request(addresses, "GET", "/?query=" + urllib.parse.quote(threads))[2].strip() == str(usual).encode()


def test_external_data_joins_a_query(client: Client) -> None:
    extra = ExternalData(data=b"1\tx\n2\ty\n", file_name="extra.tsv", fmt="TSV", structure=["a UInt8", "b String"])
    rows = client.query("SELECT sum(a), max(b) FROM extra WHERE a < {x:UInt8}", {"x": 9}, external_data=extra)
    assert rows.result_rows == [(3, "y")]


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT * FROM nowhere", 60),
        ("SELEC 1", 62),
        ("SELECT nope", 47),
        ("SELECT 1; SELECT 2", 62),
        ("SELECT toInt8('x')", 6),
    ],
)
def test_errors_carry_the_engines_code_and_text(client: Client, sql: str, code: int) -> None:
    with pytest.raises(DatabaseError, match=rf"Code: {code}\. DB::Exception") as caught:
        client.query(sql)
    assert caught.value.code == code
    assert client.ping()


def test_a_failure_half_way_through_a_stream_is_told(client: Client) -> None:
    sql = "SELECT throwIf(number = 3000000) FROM numbers(10000000)"
    with pytest.raises(StreamFailureError, match="throwIf"), client.query_row_block_stream(sql) as stream:
        for _ in stream:
            pass
    assert client.command("SELECT 1") == 1


def test_a_stream_left_early_gives_its_connection_back(client: Client) -> None:
    for _ in range(3):
        with client.query_row_block_stream("SELECT number FROM numbers(3000000)") as stream:
            next(iter(stream))
    assert client.command("SELECT 1") == 1


def test_a_bad_insert_writes_nothing_and_harms_nobody(addresses: stack.StackAddresses, client: Client) -> None:
    before = listener(addresses)
    client.command("CREATE TABLE careful (a UInt8) ENGINE = MergeTree ORDER BY a")
    for body in (b"FORMAT Native\n" + b"garbage" * 1000, b'FORMAT JSONEachRow\n{"a": 1}\n{"a": oops}'):
        target = f"/?database={client.database}"
        status, headers, text = request(addresses, "POST", target, b"INSERT INTO careful (a) " + body)
        assert status >= 400
        assert f"Code: {headers['X-ClickHouse-Exception-Code']}." in text.decode()
    with pytest.raises(DatabaseError):
        client.insert("nowhere", [[1]], column_names=["a"], column_type_names=["UInt8"])
    assert client.command("SELECT count() FROM careful") == 0
    assert listener(addresses) == before


def test_readers_and_writers_at_once_lose_nothing(addresses: stack.StackAddresses, client: Client) -> None:
    client.command("CREATE TABLE busy (a UInt32) ENGINE = MergeTree ORDER BY a")

    def work(worker: int) -> None:
        with client_of(addresses, database=client.database) as own:
            for i in range(10):
                own.insert("busy", [[worker * 1000 + i]], column_names=["a"])
                assert own.command("SELECT count() FROM busy") > 0  # type: ignore[operator]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert client.query("SELECT count(), uniqExact(a) FROM busy").result_rows == [(80, 80)]


async def test_the_async_client_is_served_too(addresses: stack.StackAddresses) -> None:
    own = await clickhouse_connect.get_async_client(host="127.0.0.1", port=port_of(addresses))
    try:
        assert await own.ping()
        assert (await own.query("SELECT {x:String}", parameters={"x": "é'"})).result_rows == [("é'",)]
        count = 0
        async with await own.query_row_block_stream("SELECT number FROM numbers(1000000)") as stream:
            async for block in stream:
                count += len(block)
        assert count == 1_000_000
        answers = await asyncio.gather(*(own.query(f"SELECT {i}") for i in range(20)))
        assert [answer.result_rows for answer in answers] == [[(i,)] for i in range(20)]
    finally:
        await own.close()


# --- the endpoint as curl sees it -------------------------------------------------------------------------------------


def test_curl_gets_plain_answers(addresses: stack.StackAddresses) -> None:
    status, headers, body = request(addresses, "GET", "/?query=SELECT+1&query_id=mine")
    assert (status, body) == (200, b"1\n")
    assert headers["X-ClickHouse-Query-Id"] == "mine"
    assert headers["X-ClickHouse-Timezone"] == "UTC"
    assert headers["X-ClickHouse-Format"] == "TabSeparated"
    assert "local stand-in" in headers["Server"]
    assert request(addresses, "GET", "/ping")[2] == b"Ok.\n"
    assert request(addresses, "GET", "/")[2] == b"Ok.\n"
    assert request(addresses, "POST", "/", b"SELECT 1 AS a FORMAT JSONEachRow")[2] == b'{"a":1}\n'
    assert request(addresses, "POST", "/?default_format=CSV", b"SELECT 'x'")[2] == b'"x"\n'
    assert request(addresses, "POST", "/", b"SELECT 'x'", X_ClickHouse_Format="JSONCompactEachRow")[2] == b'["x"]\n'
    assert request(addresses, "POST", "/?query=SELECT+1", b"+ 1")[2] == b"2\n"
    long = "x" * 100_000
    assert len(request(addresses, "GET", f"/?query=SELECT+'{long}'")[2]) == len(long) + 1


def test_compression_is_answered_where_asked_for(addresses: stack.StackAddresses) -> None:
    sql = b"SELECT repeat('x', 100000)"
    for target in ("/?enable_http_compression=1", "/?enable_http_compression=1&wait_end_of_query=1"):
        _, headers, body = request(addresses, "POST", target, sql, Accept_Encoding="gzip")
        assert headers["Content-Encoding"] == "gzip"
        assert len(gzip.decompress(body)) == 100_001
    assert "Content-Encoding" not in request(addresses, "POST", "/", sql, Accept_Encoding="gzip")[1]
    packed = gzip.compress(b"SELECT 1")
    assert request(addresses, "POST", "/", packed, Content_Encoding="gzip")[2] == b"1\n"


@pytest.mark.parametrize(
    ("method", "target", "body", "status", "code"),
    [
        ("GET", "/?query=CREATE+TABLE+t+(a+Int8)+ENGINE=Memory", None, 400, "164"),
        ("POST", "/", b"", 400, "62"),
        ("POST", "/?no_such_setting=1", b"SELECT 1", 404, "115"),
        ("POST", "/?x;y=1", b"SELECT 1", 404, "115"),
        ("POST", "/?database=no_such", b"SELECT 1", 404, "81"),
        ("POST", "/?compress=1", b"SELECT 1", 501, "48"),
        ("POST", "/?session_id=s&session_timeout=x", b"SELECT 1", 400, "36"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_code(
    addresses: stack.StackAddresses, method: str, target: str, body: bytes | None, status: int, code: str
) -> None:
    answered, headers, text = request(addresses, method, target, body)
    assert (answered, headers["X-ClickHouse-Exception-Code"]) == (status, code), text


def test_web_pages_are_kept_out(addresses: stack.StackAddresses) -> None:
    assert request(addresses, "POST", "/", b"SELECT 1", Origin="https://example.org")[0] == 403
    assert request(addresses, "POST", "/", b"SELECT 1", Host="rebound.example.org")[0] == 403
    assert request(addresses, "POST", "/", b"SELECT 1", Origin="http://localhost:3000")[0] == 200
