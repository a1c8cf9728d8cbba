"""Whose the connection is: the API key, wherever it is kept."""
