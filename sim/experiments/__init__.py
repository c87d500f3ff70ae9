"""Experiments: questions that come with listsim, run anywhere, and checked against the figures they gave."""
