"""Programmes: the catalogue, what is delivered, what is appraised and what is measured."""
