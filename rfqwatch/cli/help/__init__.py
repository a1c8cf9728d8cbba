"""What ``--help``, man pages and the option reference say of a command."""
