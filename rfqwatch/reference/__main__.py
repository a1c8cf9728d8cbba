"""Writes the files that are made of the declared command line, below the current directory."""

from pathlib import Path

from rfqwatch.reference.files import files

for name, text in files().items():
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
