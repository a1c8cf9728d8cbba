"""What can go wrong at the exchange: each fault by its name, with what it does."""
