"""Lets a command take its options from variables and a profile as well, by the same parsers."""

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import typer
from typer.core import TyperOption

from rfqwatch.cli.help.command import HelpedCommand
from rfqwatch.cli.settings.origin import Kind, Origin, Origins, key_of
from rfqwatch.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typer.core import TyperGroup

    from rfqwatch.cli.settings.precedence import Setting, Settings

PROFILE = "profile"
"""The option that names the profile: the only one that no profile can hold."""
_META = "rfqwatch.settings"
_VALUE = re.compile(r" ['\"\d]")


class SettingContext(typer.Context):
    """The options of a command as they are in the end, each with where it came from.

    ``origins`` tells that of each option of the command, by the name of its parameter; complete
    once the command runs. ``passed_over`` has those settings of variables or the profile that do
    not fit this command, or what is asked of it.
    """

    command: "SettingCommand"

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Typer's
        super().__init__(*args, **kwargs)
        self.origins = Origins()
        self.passed_over: dict[str, Origin] = {}

    def lookup_default(self, name: str, call: bool = True) -> Any:  # noqa: ANN401, FBT001, FBT002 - Typer's
        """Find what is set for an option that the command line does not give.

        Typer asks with ``call``, but for help, which tells the program's own defaults.
        """
        option = self.command.settable.get(name)
        if option is None or not call or self.resilient_parsing:
            return None
        if name == PROFILE:
            return self._profile_variable()
        setting = self.settings.find(option)
        if setting is None or not self._takes(option, setting):
            return None
        self.origins[name] = setting.origin
        return setting.value

    @property
    def settings(self) -> "Settings":
        """What variables and the profile say; read once for all commands of this run."""
        from os import environ

        from rfqwatch.cli.settings.precedence import Settings

        named: str | None = self.params.get(PROFILE)
        known: dict[str | None, Settings] = self.meta.setdefault(_META, {})
        if named not in known:
            known[named] = Settings(declared(self), named, self.origins[PROFILE].words, environ)
        return known[named]

    def end_parsing(self) -> None:
        """Tell the origins of all options, and pass over what does not fit. Raises `UsageError`."""
        from rfqwatch.cli.settings.conflicts import fit

        for name, option in self.command.settable.items():
            source = self.get_parameter_source(name)
            if source and source.name == "COMMANDLINE":
                self.origins[name] = Origin.flag(key_of(option))
            elif name not in self.origins:
                self.origins[name] = Origin.default(key_of(option))
            elif self.params[name] is False and not option.secondary_opts:
                # What is off is as if it had not been given.
                self.params[name] = self._default(option)
        fit(self.params, self.origins, self._pass_over, whole=self.command.whole)

    @contextmanager
    def told_as_set(self) -> "Iterator[None]":
        """Have an error that begins with an option's name call it as it was set."""
        try:
            yield
        except UsageError as error:
            called = error.message.partition(" ")[0].removesuffix(":")
            for name, option in self.command.settable.items():
                if called == f"--{key_of(option)}":
                    raise _told_as_set(error, option, self.origins[name]) from None
            raise

    def _takes(self, option: TyperOption, setting: "Setting") -> bool:
        """Tell whether a setting is for this command, and not another that calls an option so."""
        try:
            option.process_value(self, setting.value)
        except typer.BadParameter as refused:
            others = self.settings.declared[option.name]
            if any(self.suits(other, setting.value) for other in others):
                self.passed_over[option.name] = setting.origin
                return False
            refused.param_hint = setting.origin.words
            raise
        except UsageError as error:
            raise _told_as_set(error, option, setting.origin) from None
        return True

    def suits(self, option: TyperOption, value: object) -> bool:
        """Tell whether an option takes a value."""
        try:
            option.process_value(self, value)
        except (typer.BadParameter, UsageError):
            return False
        return True

    def _pass_over(self, name: str) -> None:
        option = self.command.settable[name]
        self.passed_over[name] = self.origins[name]
        self.origins[name] = Origin.default(key_of(option))
        self.params[name] = self._default(option)

    def _default(self, option: TyperOption) -> object:
        return option.process_value(self, option.default)

    def _profile_variable(self) -> str | None:
        from os import environ

        from rfqwatch.cli.settings.variables import find_variable

        if variable := find_variable(PROFILE, environ):
            self.origins[PROFILE] = variable.origin
            return variable.text
        return None


class SettingCommand(HelpedCommand):
    """A command whose options may be set by variables and profiles."""

    context_class = SettingContext

    whole = True
    """Whether these are the options of one command, and have to fit together as such."""

    @property
    def settable(self) -> dict[str, TyperOption]:
        """The options by the names of their parameters."""
        return {each.name: each for each in self.params if isinstance(each, TyperOption)}

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - `context_class`
        """Read the command line, then what it leaves open."""
        rest = super().parse_args(ctx, args)
        if not ctx.resilient_parsing:
            ctx.end_parsing()
        return rest

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - `context_class`
        """Run the command."""
        with ctx.told_as_set():
            return super().invoke(ctx)


def _told_as_set(error: UsageError, option: TyperOption, origin: Origin) -> UsageError:
    """Call the option that an error begins with as its user did."""
    said = error.message.removeprefix(f"--{key_of(option)}")
    if origin.kind == Kind.PROFILE and _VALUE.match(said):
        # A value would read on from the name of the file.
        said = f":{said}"
    return UsageError(origin.words + said, error.advice)


def commands(context: typer.Context) -> "dict[str, SettingCommand]":
    """Give the program's commands that have options, by their names."""
    group = cast("TyperGroup", context.find_root().command)
    return {name: each for name, each in group.commands.items() if isinstance(each, SettingCommand)}


def declared(context: typer.Context) -> "dict[str, Sequence[TyperOption]]":
    """Give what a profile may set: the options of all commands, by the names of parameters."""
    options: dict[str, list[TyperOption]] = {}
    for command in commands(context).values():
        for name, option in command.settable.items():
            if name != PROFILE:
                options.setdefault(name, []).append(option)
    return dict(options)
