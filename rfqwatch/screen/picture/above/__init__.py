"""What stands above the rows."""
