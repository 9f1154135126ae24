"""7. The hand-over of an alert from the line to a team, and the clock that runs on it.

answers.py  bytes of feedback -> answers, or rejections
hours.py    working time: business hours of a calendar, exactly, over holidays and changes of the clock
policy.py   the policy file as frozen data: calendars, and who has how long
ledger.py   (offer, answers, policy, moment) -> every line of the ledger that holds at that moment
fold.py     (state, alerts and answers, moment) -> (state', lines to say): what was said against what holds
"""
