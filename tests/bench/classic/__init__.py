"""The small classic job: decode JSON, sum per key, state with a changelog, one output per input.

in    {"account": …, "amount": …, …}, 322 bytes, keyed by account
out   {"account": …, "sum": …, "count": …}, one per input, keyed by account
"""
