"""Scenarios: their published form, loading and checking them, and comparing two."""
