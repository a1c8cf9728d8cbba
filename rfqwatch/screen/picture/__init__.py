"""The table as lines of styled text. Pure."""
