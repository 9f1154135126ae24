"""How a worker is watched: log lines, lag, and what it serves over HTTP. The metrics stand in `agents/metrics.py`."""
