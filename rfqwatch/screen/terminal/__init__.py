"""Holds the terminal."""
