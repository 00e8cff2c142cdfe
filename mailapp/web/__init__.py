"""Entrance: pages, fragments and the live stream for browsers."""
