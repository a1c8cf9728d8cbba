"""The declared command line, as files for shells, for ``man``, for readers."""
