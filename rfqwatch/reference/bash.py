"""Completion in bash, from 3.2 on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rfqwatch.reference.commandline import PROFILE_TABLE, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rfqwatch.reference.commandline import Command

# What bash calls a word begins behind "=", ":" and "@"; `typed` is what a function may change.
_SCRIPT = r"""# rfqwatch in bash. Made from the declared options by: python -m rfqwatch.reference

_rfqwatch() {
    local IFS=$' \t\n' typed=$2 line=$COMP_LINE words=() word last index each
    for ((index = 0; index <= COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        # Of a word that the cursor is in front of, nothing is typed yet.
        if ((index == COMP_CWORD)) && [[ ! $typed && $word != *[=:@] ]]; then word=''; fi
        if ((index == 0)) || [[ $line == [[:space:]]* ]]; then words+=(''); fi
        last=$((${#words[@]} - 1))
        words[last]+=$word
        line=${line#"${line%%[![:space:]]*}"}
        line=${line#"${COMP_WORDS[index]}"}
    done
    word=${words[last]}
    word=${word%"$typed"*}$typed
    word=${word#[\"\']}
    word=${word/=[\"\']/=}

    local command=rfqwatch declared=() given=' ' awaited='' literal='' arguments=0
    _rfqwatch_declared "$command"
    for each in "${words[@]:1:last-1}"; do
        if [[ $awaited ]]; then
            awaited=''
        elif [[ $literal || $each != -?* ]]; then
            if [[ $command == rfqwatch ]]; then
                command=$each given=' '
                _rfqwatch_declared "$command"
            else
                arguments=$((arguments + 1))
            fi
        elif [[ $each == -- ]]; then
            literal=yes
        elif [[ $each == --* ]]; then
            _rfqwatch_take "${each%%=*}"
            if [[ $each == *=* ]]; then awaited=''; fi
        else
            while [[ $each == -?* && ! $awaited ]]; do
                _rfqwatch_take "${each:0:2}"
                each=-${each:2}
            done
            if [[ $each == -?* ]]; then awaited=''; fi
        fi
    done

    local kind='' offered=() before=''
    if [[ $awaited ]]; then
        _rfqwatch_offered "$command $awaited"
    elif [[ ! $literal && $word == --*=* ]]; then
        before=${word%%=*}=
        _rfqwatch_take "${word%%=*}"
        _rfqwatch_offered "$command $awaited"
    else
        if [[ $literal || $word != -* ]]; then _rfqwatch_offered "$command $arguments"; fi
        if [[ ! $literal && ! $kind && ${#offered[@]} == 0 ]]; then _rfqwatch_offer_options; fi
    fi
    _rfqwatch_reply
}

# Takes note of an option that is given by this name, and whether a value is awaited.
_rfqwatch_take() {
    local each names
    awaited=''
    for each in "${declared[@]}"; do
        names=${each%%|*}
        if [[ " $names " == *" $1 "* ]]; then
            given+="${names##* } "
            if [[ $each != "$names||"* ]]; then awaited=${names##* }; fi
        fi
    done
}

# Offers the options that may still be given, by their long names until "-" is typed.
_rfqwatch_offer_options() {
    local each names name
    for each in "${declared[@]}"; do
        names=${each%%|*}
        if [[ $given == *" ${names##* } "* && $each != "$names|*|"* ]]; then continue; fi
        for name in $names; do
            if [[ $word || $name == --* ]]; then offered+=("$name|${each#*|*|}"); fi
        done
    done
}

# Replies with what begins as the word does.
_rfqwatch_reply() {
    local each name longest=0 shown=() meanings=() kept=${word%"$typed"}
    if [[ $kind == listed ]]; then
        each=${word#"$before"}
        if [[ $each == *,* ]]; then before+=${each%,*},; fi
        compopt -o nospace 2>/dev/null
    fi
    for each in "${offered[@]}"; do
        name=${each%%|*}
        if [[ $before$name == "$word"* && ",${before#*=}" != *",$name,"* ]]; then
            shown+=("$name")
            meanings+=("${each#*|}")
            each=$before$name
            COMPREPLY+=("${each#"$kept"}")
            if ((${#name} > longest)); then longest=${#name}; fi
        fi
    done
    compopt -o nosort 2>/dev/null
    if [[ $COMP_TYPE == 63 ]] && ((${#shown[@]} > 1)); then
        # They are only listed, so there is room for what they mean.
        for ((index = 0; index < ${#shown[@]}; index++)); do
            if [[ ! ${meanings[index]} ]]; then continue; fi
            printf -v each "%-${longest}s  %s" "${shown[index]}" "${meanings[index]}"
            COMPREPLY[index]=${each:0:${COLUMNS:-80}-1}
        done
    fi
    # bash itself knows how names are quoted, but before 4 can't be asked from here.
    local IFS=$'\n'
    each=${word#"$before"}
    case $kind in
        files) compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "$each")) ;;
        directories) compopt -o dirnames 2>/dev/null || COMPREPLY=($(compgen -d -- "$each")) ;;
    esac
}

# The options of a command: names, "=" where a value follows and "*" where also again, in short.
_rfqwatch_declared() {
    case $1 in
@DECLARED@
        *) declared=() ;;
    esac
}

# What can be offered as the value of an option of a command, or as an argument.
_rfqwatch_offered() {
    case $1 in
@OFFERED@
    esac
}

complete -F _rfqwatch rfqwatch
"""
_CONFIG = '"${XDG_CONFIG_HOME:-$HOME/.config}/rfqwatch/config.toml"'


def bash(program: Command) -> str:
    """Write the script that ``complete`` is told by."""
    commands = program, *program.commands
    declared = [line for command in commands for line in _declared(command)]
    offered = _offered(commands)
    return _SCRIPT.replace("@DECLARED@", "\n".join(declared)).replace(
        "@OFFERED@", "\n".join(offered)
    )


def quoted(text: str) -> str:
    """Give a text as one word of a shell, of bash or zsh."""
    return "'" + text.replace("'", r"'\''") + "'"


def _declared(command: Command) -> Iterator[str]:
    yield f"        {command.name}) declared=("
    for option in command.options:
        names = " ".join((*option.names, *option.negations))
        takes = "" if option.value is None else "*" if option.repeatable else "="
        yield f"            {quoted(f'{names}|{takes}|{option.summary}')}"
    yield "        ) ;;"


def _offered(commands: tuple[Command, ...]) -> Iterator[str]:
    named = tuple((command.name, command.summary) for command in commands[1:])
    places = {Value("COMMAND", "words", named): [quoted(f"{commands[0].name} 0")]}
    for command in commands:
        for option in command.options:
            if option.value:
                # As `awaited` names it.
                name = (*option.names, *option.negations)[-1]
                places.setdefault(option.value, []).append(quoted(f"{command.name} {name}"))
        for index, argument in enumerate(command.arguments):
            place = quoted(f"{command.name} ") + ("[0-9]*" if argument.repeatable else str(index))
            places.setdefault(argument.value, []).append(place)
    for value, at in places.items():
        lines = list(_words(value))
        if lines:
            yield f"        {' | '.join(at)})"
            yield from lines
            yield "            ;;"


def _words(value: Value) -> Iterator[str]:
    if value.listed:
        yield "            kind=listed"
    if value.kind in {"files", "directories"}:
        yield f"            kind={value.kind}"
    if value.kind == "profiles":
        table = PROFILE_TABLE.replace(r"\1", r"\1|")
        yield f"            offered=($(sed -n {quoted(table)} {_CONFIG} 2>/dev/null))"
    if value.words:
        words = (quoted(f"{word}|{meaning}") for word, meaning in value.words)
        yield "            offered=("
        yield from (f"                {word}" for word in words)
        yield "            )"
