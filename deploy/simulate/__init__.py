"""Seeded traffic of many companies and people, in the producers' own formats, with the truth beside it.

    spec = WorldSpec(seed=7, companies=60, days=90)
    for message in messages(spec): ...              # all traffic in order of sending, made while it is read
    accounts(spec)                                  # the account directory
    csv_lines(spec)                                 # who announces which address, as public tables say it
    await Publisher().publish(servers, names, spec) # the same to Kafka
    write_truth(truth(spec), folder)                # who belongs where, how each journey went, what was a machine

It knows the input formats as JSON and nothing of the pipeline that reads them.
"""

from deploy.simulate.journeys import SCRIPTS
from deploy.simulate.publish import Progress, Publisher, PublishError, PublishReport
from deploy.simulate.spec import Label, Message, WorldSpec
from deploy.simulate.stream import accounts, iter_accounts, messages
from deploy.simulate.traits.hits import TrueHit, hits_of, true_hits
from deploy.simulate.traits.networks import Map, Use, csv_lines
from deploy.simulate.traits.shares import HARD, Traits
from deploy.simulate.truth import Moment, TrueJourney, Truth, truth, write_truth
from deploy.simulate.world import Company, Device, Person

__all__ = [
    "HARD",
    "SCRIPTS",
    "Company",
    "Device",
    "Label",
    "Map",
    "Message",
    "Moment",
    "Person",
    "Progress",
    "PublishError",
    "PublishReport",
    "Publisher",
    "Traits",
    "TrueHit",
    "TrueJourney",
    "Truth",
    "Use",
    "WorldSpec",
    "accounts",
    "csv_lines",
    "hits_of",
    "iter_accounts",
    "messages",
    "true_hits",
    "truth",
    "write_truth",
]
