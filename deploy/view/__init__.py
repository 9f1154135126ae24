"""The live terminal view: what accounts do, newest alerts with their why, how the line runs.

board.py    what is known so far, a pure fold over what subscribers read
feed.py     reads transitions, alerts and hand-overs as any subscriber would, and the worker's /metrics
screen.py   draws the board
"""
