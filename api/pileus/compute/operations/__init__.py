"""Rules of compute, one module for each noun; what other parts of Pileus use is named here."""

from pileus.compute.operations.flavors import bootstrap_flavors
from pileus.compute.operations.hypervisors import discover, host_usage, look_again
from pileus.compute.operations.images import IMAGE
from pileus.compute.operations.runs import OPERATIONS as _RUNS

OPERATIONS = [*_RUNS, IMAGE]

__all__ = ["OPERATIONS", "bootstrap_flavors", "discover", "host_usage", "look_again"]
