"""Running a scenario: random keys, the ensemble, results in memory and on disk.

The package itself is called: `patronage.run(world, members=100)` is `ensemble.run`.
"""

from patronage.verb import make_verb

make_verb(__name__, "patronage.run.ensemble")
