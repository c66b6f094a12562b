"""Runs: simulation, ensembles, results."""
