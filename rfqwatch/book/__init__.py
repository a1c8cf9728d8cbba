"""Which RFQs are open, and what was quoted on them. Pure."""
