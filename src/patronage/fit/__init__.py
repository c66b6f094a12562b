"""Fitting a scenario to data, and what its outcomes hang on.

The package itself is called: `patronage.fit(world)` is `calibrate.fit`.
"""

from patronage.verb import make_verb

make_verb(__name__, "patronage.fit.calibrate")
