"""Which messages are asked for, of all that come; pure."""
