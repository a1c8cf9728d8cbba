"""A small program that holds the terminal: its size, the keys pressed, a hostile text, a count.

``screen_program.py [PERIOD_S]`` draws after every key, and every so often when told a period; each
hundredth time it says so on standard error. It ends on ``q``, fails on ``x``, is out of memory on
``m``, and on ``o`` it is gone at once.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from rfqwatch.errors import RfqwatchError
from rfqwatch.escaping import fit
from rfqwatch.screen.terminal.keystrokes import Keys
from rfqwatch.screen.terminal.tty import Screen

HOSTILE = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202eabc\u200b 漢字 [/oops]\r\n"


class Program:
    def __init__(self) -> None:
        self.done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.pressed: list[str] = []
        self.drawn = 0
        self.screen = Screen(
            on_input=Keys(self.press).feed,
            on_resize=self.draw,
            on_hangup=lambda: self.end(128 + signal.SIGHUP),
        )

    async def run(self, period: float | None) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self.end, 128 + number)
        with self.screen:
            self.draw()
            while period is not None and not self.done.done():
                await asyncio.sleep(period)
                self.draw()
            return await self.done

    def end(self, code: int) -> None:
        if not self.done.done():
            self.done.set_result(code)

    def press(self, key: str) -> None:
        self.pressed.append(key)
        if key == "q":
            self.end(0)
        elif key == "x":
            self.done.set_exception(ValueError("as asked"))
        elif key == "m":
            self.done.set_exception(MemoryError())
        elif key == "o":
            os._exit(0)
        self.draw()

    def draw(self) -> None:
        self.drawn += 1
        width, height = self.screen.size
        texts = [f"size {width}x{height}", "keys " + " ".join(self.pressed), HOSTILE]
        texts += [f"drawn {self.drawn}"]
        texts += [f"{self.drawn} {row} ".ljust(width, "-") for row in range(4, height)]
        self.screen.draw([fit(text, width) for text in texts[:height]])
        if self.drawn % 100 == 0:
            sys.stderr.write(f"drawn {self.drawn}\n")


async def main() -> int:
    return await Program().run(float(sys.argv[1]) if sys.argv[1:] else None)


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main()))
    except RfqwatchError as error:
        sys.stderr.write(f"{error.message}\n{error.advice}\n")
        sys.exit(error.exit_code)
