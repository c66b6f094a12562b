"""The month as people write it in Mesa: states are agents, loops run over partners and goods."""

from .inputs import Given, Inputs, Luck, read_inputs
from .world import Alliances

__all__ = ["Alliances", "Given", "Inputs", "Luck", "read_inputs"]
