"""Which company is it: providers of evidence in rank order (`chain.py`) and one rule that decides (`answer.py`)."""
