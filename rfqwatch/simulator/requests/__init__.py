"""How the simulated exchange answers HTTP requests."""
