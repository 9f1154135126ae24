"""Address data from files: opened once at start-up; without them the steps that need them say so and go on."""

from agents.networks.kept import ATTRIBUTION, Kept, KeptFile, kept_data
from agents.networks.load import asn_files_of, load_networks, networks_of

__all__ = ["ATTRIBUTION", "Kept", "KeptFile", "asn_files_of", "kept_data", "load_networks", "networks_of"]
