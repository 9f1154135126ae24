"""The verbs: pure functions, in the order of the data's way. Nothing here reads a clock, the environment, a file or the
network; `now`, rules and directory are arguments.

    ingest.py     bytes -> Event | Rejected            decode/ one file a format, grade.py human or machine
    identify.py   Event + subject state -> Activity    domains.py, directory.py who owns a mailbox's domain
    advance.py    Activity + journey state -> Transition, Alert
                                                       classify.py what kind of activity it is, by the mapping
                                                       journey.py the account while a batch is folded
                                                       score.py points and causes; predicates.py conditions
                                                       rules/ stages, points, trigger points; alerts/ the message
                                                       journal/ what was folded and said, to take it back
"""
