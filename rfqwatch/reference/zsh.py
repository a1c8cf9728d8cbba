"""Completion in zsh."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rfqwatch.reference.bash import quoted
from rfqwatch.reference.commandline import PROFILE_TABLE, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rfqwatch.reference.commandline import Command, Option

_SCRIPT = r"""#compdef rfqwatch
# rfqwatch in zsh. Made from the declared options by: python -m rfqwatch.reference

_rfqwatch() {
    local curcontext=$curcontext state state_descr line ret=1
    typeset -A opt_args
    _arguments -C -s -S : \
@PROGRAM@ \
        '1: :_rfqwatch_commands' \
        '*:: :->command' && ret=0
    [[ $state == command ]] || return ret
    curcontext=${curcontext%:*}-$line[1]:
    case $line[1] in
@COMMANDS@
    esac
}

@OFFERED@
# The file is loaded by the first TAB, which has to complete already.
_rfqwatch "$@"
"""


def zsh(program: Command) -> str:
    """Write the function that compinit finds by its name."""
    offered = _named(program)
    named = tuple((command.name, command.summary) for command in program.commands)
    functions = [("_rfqwatch_commands", Value("COMMAND", "words", named))]
    functions += [(name, value) for value, name in offered.items()]
    options = [line for option in program.options for line in _option(option, offered)]
    commands = [line for command in program.commands for line in _command(command, offered)]
    texts = {
        "@PROGRAM@": " \\\n".join(f"        {option}" for option in options),
        "@COMMANDS@": _indented(2, commands),
        "@OFFERED@": "\n".join(_function(*each) for each in functions),
    }
    script = _SCRIPT
    for place, text in texts.items():
        script = script.replace(place, text)
    return script


def _named(program: Command) -> dict[Value, str]:
    """Give the function that offers each value, named after the first that takes it."""
    names: dict[Value, str] = {}
    for command in program.commands:
        for option in command.options:
            if option.value and option.value.kind in {"words", "profiles"}:
                name = "_rfqwatch" + option.names[-1][1:].replace("-", "_")
                if name in names.values():
                    name = f"{name}_of_{command.name}"
                names.setdefault(option.value, name)
        for index, argument in enumerate(command.arguments, start=1):
            if argument.value.kind == "words":
                names.setdefault(argument.value, f"_rfqwatch_{command.name}_{index}")
    return names


def _command(command: Command, offered: Mapping[Value, str]) -> Iterator[str]:
    yield f"{command.name})"
    yield "    _arguments -s -S : \\"
    lines = [line for option in command.options for line in _option(option, offered)]
    for index, argument in enumerate(command.arguments):
        place = "*" if argument.repeatable else str(index + 1)
        lines.append(quoted(f"{place}:{_takes(argument.value, offered)}"))
    lines[:-1] = [f"{line} \\" for line in lines[:-1]]
    yield from (f"        {line}" for line in lines)
    yield "    ;;"


def _option(option: Option, offered: Mapping[Value, str]) -> Iterator[str]:
    summary = re.sub(r"([\\[\]])", r"\\\1", option.summary)
    takes = f"[{summary}]"
    if option.value:
        takes += f":{_takes(option.value, offered)}"
    names = (*option.names, *option.negations)
    once = f"({' '.join(names)})" if len(names) > 1 else ""
    for name in names:
        sign = "" if option.value is None else "=" if name.startswith("--") else "+"
        yield quoted(f"{'*' if option.repeatable else once}{name}{sign}{takes}")


def _takes(value: Value, offered: Mapping[Value, str]) -> str:
    """Give what a value is called where nothing of it is offered, and what offers it."""
    by = {"files": "_files", "directories": "_path_files -/", "nothing": " "}
    return f"{value.metavar.replace(':', chr(92) + ':')}:{by.get(value.kind) or offered[value]}"


def _function(name: str, value: Value) -> str:
    """Write the function that offers a value: of a list, what is not in it yet."""
    if value.kind == "profiles":
        config = "${XDG_CONFIG_HOME:-~/.config}/rfqwatch/config.toml"
        lines = [f'${{(f)"$(sed -n {quoted(PROFILE_TABLE)} {config} 2>/dev/null)"}}']
    else:
        lines = [_word(word, meaning) for word, meaning in value.words]
    start = "_sequence " if value.listed else ""
    return f"""{name}() {{
    local -a offered=(
{_indented(2, lines)}
    )
    {start}_describe -V -t values {quoted(value.metavar)} offered
}}
"""


def _word(word: str, meaning: str) -> str:
    escaped = re.sub(r"([\\:])", r"\\\1", word)
    explained = meaning.replace("\\", "\\\\")
    return quoted(f"{escaped}:{explained}" if meaning else escaped)


def _indented(depth: int, lines: list[str]) -> str:
    return "\n".join("    " * depth + line for line in lines)
