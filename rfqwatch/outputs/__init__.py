"""Where events go: JSON lines, text, or a table on a terminal."""
