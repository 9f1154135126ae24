"""Who made the hits, judged by what several of them say together: bursts on mails (`judge.py`), bursts of page views
(`views.py`); `watch.py` is the way in. What one event says by itself is `pipeline/grade.py`."""
