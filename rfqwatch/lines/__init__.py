"""The stream as lines, and where lines go."""
