"""What the exchange says, and what it is asked."""
