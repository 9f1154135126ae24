"""Explain one input: which company is behind it, how that is known, and why nobody else is named.

inputs.py   a line -> the event it stands for, or why it stands for none
answer.py   the whole chain's answers, in words and as one object
"""

from deploy.explain.answer import KEYS, explain
from deploy.explain.inputs import Given, read

__all__ = ["KEYS", "Given", "explain", "read"]
