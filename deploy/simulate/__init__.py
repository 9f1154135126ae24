"""Seeded traffic of many companies and people, in the producers' own formats, with the truth beside it.

    spec = WorldSpec(seed=7, companies=60, days=90)
    for message in messages(spec): ...              # all traffic in order of sending, made while it is read
    accounts(spec)                                  # the account directory
    await Publisher().publish(servers, names, spec) # the same to Kafka
    write_truth(truth(spec), folder)                # who belongs where, how each journey went, what was a machine

It knows the input formats as JSON and nothing of the pipeline that reads them.
"""

from deploy.simulate.journeys import SCRIPTS
from deploy.simulate.publish import Progress, Publisher, PublishError, PublishReport
from deploy.simulate.spec import Label, Message, WorldSpec
from deploy.simulate.stream import accounts, iter_accounts, messages
from deploy.simulate.truth import Moment, TrueJourney, Truth, truth, write_truth
from deploy.simulate.world import Company, Device, Person

__all__ = [
    "SCRIPTS",
    "Company",
    "Device",
    "Label",
    "Message",
    "Moment",
    "Person",
    "Progress",
    "PublishError",
    "PublishReport",
    "Publisher",
    "TrueJourney",
    "Truth",
    "WorldSpec",
    "accounts",
    "iter_accounts",
    "messages",
    "truth",
    "write_truth",
]
