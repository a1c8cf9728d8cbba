"""The book as a picture, on a terminal or in a file."""
