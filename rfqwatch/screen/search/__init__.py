"""The search line, with what it finds."""
