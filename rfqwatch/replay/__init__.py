"""Recordings at the pace of their own clock."""
