"""Joins what options name: each file makes one part of the way out of them, for the commands."""
