"""Forecasts of agreement in the UN and of arms: with the model, naive ones, and scores.

The package itself is called: `patronage.forecast(panel, 1985)` is `forecast.forecast`.
"""

from patronage.verb import make_verb

make_verb(__name__, "patronage.forecast.forecast")
