"""Recordings as answers; pure."""
