"""The local stack: a real Kafka broker and a real ClickHouse engine on one machine, loopback only, without Docker."""
