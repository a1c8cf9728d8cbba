"""Where frames come from: the exchange, or a recording."""
