from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING

from jsonschema import Draft202012Validator
from program import rest, rfqwatch, started
from recordings import content, files, needs_tool

if TYPE_CHECKING:
    from pathlib import Path

    from program import Exchange


@needs_tool
def test_every_line_of_a_recording_is_as_the_schema_says(
    exchange: Exchange, tmp_path: Path
) -> None:
    schema = Draft202012Validator(json.loads(rfqwatch("schema").stdout))
    arguments = ("record", str(tmp_path), "--rotate", "1KiB", "--shard", "all/2")
    with started(*arguments, environment=exchange.environment) as process:
        while len([*tmp_path.glob("*.jsonl.*")]) < 2:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        rest(process)
    lines = [json.loads(line) for file in files(tmp_path) for line in content(file).splitlines()]
    own = {"rfqwatch.recording", "rfqwatch.continued", "rfqwatch.subscribed", "rfqwatch.ended"}
    assert own < {line["type"] for line in lines}
    for line in lines:
        schema.validate(line)
