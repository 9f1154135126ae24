"""Every fault there is, in the order they are tried."""

from deploy.faults.kinds.broker import BROKER
from deploy.faults.kinds.clickhouse import CLICKHOUSE
from deploy.faults.kinds.crash import CRASHES
from deploy.faults.kinds.disk import DISK
from deploy.faults.kinds.gaps import GAPS
from deploy.faults.kinds.groups import GROUPS
from deploy.faults.kinds.inputs import INPUTS
from deploy.faults.kinds.places import PLACES
from deploy.faults.scene import Fault

FAULTS: tuple[Fault, ...] = (*CRASHES, *GROUPS, *CLICKHOUSE, *INPUTS, *GAPS, *PLACES, *DISK, *BROKER)
