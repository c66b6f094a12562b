"""Forecasts of agreement in the UN and of arms: naive ones, rolling origins, and scores."""
