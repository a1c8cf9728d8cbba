"""What the simulated market says, and when."""
