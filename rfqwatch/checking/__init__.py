"""A doctor for the way to the exchange: what is right, what is not, what to do about it."""
