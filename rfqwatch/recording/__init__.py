"""A stream kept in files."""
