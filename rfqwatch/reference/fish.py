"""Completion in fish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.reference.commandline import PROFILE_TABLE, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfqwatch.reference.commandline import Argument, Command, Option

_SCRIPT = r"""# rfqwatch in fish. Made from the declared options by: python -m rfqwatch.reference

# What stands before the cursor: the command, the options given, the one whose value is awaited, how
# many arguments. It is asked for every option, so it is remembered.
function __rfqwatch_look
    set -l tokens (commandline -opc)
    test "$tokens" = "$__rfqwatch_tokens"; and return
    set -g __rfqwatch_tokens $tokens
    set -g __rfqwatch_command rfqwatch
    set -g __rfqwatch_given
    set -g __rfqwatch_awaited
    set -g __rfqwatch_arguments 0
    set -l literal
    for token in $tokens[2..-1]
        if test -n "$__rfqwatch_awaited"
            set __rfqwatch_awaited
        else if test -n "$literal"; or not string match -qr -- '^-.' $token
            if test $__rfqwatch_command = rfqwatch
                set __rfqwatch_command $token
                set __rfqwatch_given
            else
                set __rfqwatch_arguments (math $__rfqwatch_arguments + 1)
            end
        else if test "$token" = --
            set literal yes
        else if string match -q -- '--*' $token
            set -l parts (string split -m1 -- = $token)
            set -a __rfqwatch_given $parts[1]
            if not set -q parts[2]; and __rfqwatch_has_value $parts[1]
                set __rfqwatch_awaited $parts[1]
            end
        else
            set -l letters (string split '' -- (string sub -s 2 -- $token))
            while set -q letters[1]
                set -a __rfqwatch_given -$letters[1]
                if __rfqwatch_has_value -$letters[1]
                    set -q letters[2]; or set __rfqwatch_awaited -$letters[1]
                    break
                end
                set -e letters[1]
            end
        end
    end
end

function __rfqwatch_has_value
    contains -- $argv[1] @VALUED@
end

# Whether these commands' option of these names may come next, or its value: again if it can be
# repeated.
function __rfqwatch_again
    __rfqwatch_look
    contains -- $__rfqwatch_command (string split ' ' -- $argv[1]); or return
    test -z "$__rfqwatch_awaited"; or contains -- $__rfqwatch_awaited $argv[2..-1]
end

function __rfqwatch_once
    __rfqwatch_again $argv; or return
    for name in $argv[2..-1]
        contains -- $name $__rfqwatch_given; and test "$__rfqwatch_awaited" != $name; and return 1
    end
    return 0
end

# Whether this argument of this command comes next, or any where no number is told.
function __rfqwatch_at
    __rfqwatch_look
    test -z "$__rfqwatch_awaited"; and test "$__rfqwatch_command" = $argv[1]; or return
    not set -q argv[2]; or test $__rfqwatch_arguments = $argv[2]
end

function __rfqwatch_awaits
    __rfqwatch_look
    test "$__rfqwatch_awaited" = $argv[1]
end

function __rfqwatch_typed
    commandline -ct | string replace -r -- '^--[^=]*=' ''
end

# Offers what is not in the list yet.
function __rfqwatch_list
    set -l before (__rfqwatch_typed | string match -r -- '.*,')
    for each in $argv
        contains -- (string replace -r -- '\t.*' '' $each) (string split -- , $before)
        or printf '%s\n' "$before$each"
    end
end
@PROFILES@
complete -c rfqwatch -f
complete -c rfqwatch -n '__rfqwatch_at rfqwatch 0' -k -a @NAMED@
@COMPLETES@
"""
_PROFILES = f"""
function __rfqwatch_profiles
    set -l config ~/.config
    set -q XDG_CONFIG_HOME; and set config $XDG_CONFIG_HOME
    sed -n '{PROFILE_TABLE}' $config/rfqwatch/config.toml 2>/dev/null
end
"""


def fish(program: Command) -> str:
    """Write the lines that say which option may stand where."""
    places: dict[Option, list[str]] = {}
    for command in (program, *program.commands):
        for option in command.options:
            places.setdefault(option, []).append(command.name)
    valued = {name for option in places if option.value for name in option.names}
    profiles = any(option.value and option.value.kind == "profiles" for option in places)
    completes = [line for option, commands in places.items() for line in _option(option, commands)]
    completes += [
        f"complete -c rfqwatch -n {_quoted(where)}{_offers(argument.value)}"
        for command in program.commands
        for where, argument in _arguments(command)
    ]
    named = tuple((command.name, command.summary) for command in program.commands)
    texts = {
        "@VALUED@": " ".join(sorted(valued)),
        "@PROFILES@": _PROFILES if profiles else "",
        "@NAMED@": _quoted(_words(named)),
        "@COMPLETES@": "\n".join(completes),
    }
    script = _SCRIPT
    for place, text in texts.items():
        script = script.replace(place, text)
    return script


def _option(option: Option, commands: list[str]) -> Iterator[str]:
    names = (*option.names, *option.negations)
    how_often = "again" if option.repeatable else "once"
    where = f'__rfqwatch_{how_often} "{" ".join(commands)}" {" ".join(names)}'
    flags = "".join(
        f" -l {name[2:]}" if name.startswith("--") else f" -s {name[1:]}" for name in names
    )
    offers = f" -r{_offers(option.value)}" if option.value else ""
    about = _quoted(option.summary)
    yield f"complete -c rfqwatch -n {_quoted(where)}{flags}{offers} -d {about}"
    if option.value and any(word.startswith("-") for word, _ in option.value.words):
        # Behind "--since " a "-" would begin an option.
        where = _quoted(f"__rfqwatch_awaits {option.names[-1]}")
        yield f"complete -c rfqwatch -n {where}{_offers(option.value)}"


def _arguments(command: Command) -> Iterator[tuple[str, Argument]]:
    for index, argument in enumerate(command.arguments):
        number = "" if argument.repeatable else f" {index}"
        yield f"__rfqwatch_at {command.name}{number}", argument


def _offers(value: Value) -> str:
    """Give the flags of ``complete`` that say what a value can be."""
    offered = {
        "nothing": "",
        "files": "",
        "directories": "(__fish_complete_directories (__rfqwatch_typed))",
        "profiles": "(__rfqwatch_profiles)",
        "words": f"(__rfqwatch_list {_words(value.words)})"
        if value.listed
        else _words(value.words),
    }[value.kind]
    if value.kind == "files":
        return " -F"
    return f" -f -k -a {_quoted(offered)}" if offered else " -f"


def _words(words: tuple[tuple[str, str], ...]) -> str:
    return " ".join(_word(*each) for each in words)


def _word(word: str, meaning: str) -> str:
    """Write a word as it is read when it is offered, with what it means behind a tab."""
    if not meaning:
        return word
    for special in ("\\", '"', "$"):
        meaning = meaning.replace(special, f"\\{special}")
    return f'{word}\\t"{meaning}"'


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
