"""A simulated exchange on a loopback port, for trying rfqwatch without an account."""
