"""The local stand-in for a ClickHouse server: HTTP in front of the engine in one process. See `__main__.py`."""
