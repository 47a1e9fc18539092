"""Findings about servers beside each other and through time, a file each.

A module exports `RULE` and functions that yield entries. Messages are our own words only; what a
stranger wrote is evidence.
"""
