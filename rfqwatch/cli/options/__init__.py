"""The options of the command line, each declared once, in groups that commands share.

A field's name is its option's. Typer reads the annotations, so they are no text here.
"""
