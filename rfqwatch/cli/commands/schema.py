"""The command ``schema``."""


def schema() -> None:
    """Print the JSON Schema of the lines that tail prints, and that recordings hold."""
    import msgspec
    import typer

    from rfqwatch.lines.jsonschema import schema as lines_schema

    typer.echo(msgspec.json.format(msgspec.json.encode(lines_schema()), indent=2))
