"""Clients of a stack's ClickHouse endpoint, as analysts use them."""

import urllib.parse
from typing import Any

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from deploy.local import stack


def port_of(addresses: stack.StackAddresses) -> int:
    port = urllib.parse.urlsplit(addresses.clickhouse_url).port
    assert port is not None
    return port


def client_of(addresses: stack.StackAddresses, **options: Any) -> Client:
    return clickhouse_connect.get_client(host="127.0.0.1", port=port_of(addresses), **options)
