"""What every command of the harness has in common: results on standard output, all else on standard error."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, ParamSpec, TypeVar

import click

from regtest.errors import RegtestError
from regtest.state import State

Given = ParamSpec("Given")
Result = TypeVar("Result")


def say(line: str) -> None:
    """One line for the person, on standard error."""
    click.echo(line, err=True)


def verb(function: Callable[Concatenate[State, Given], Result]) -> Callable[Given, Result]:
    """Give a command the state directory, and turn a RegtestError into one line and exit code 1."""

    def command(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        try:
            return function(State.from_environment(), *args, **kwargs)
        except RegtestError as error:
            raise click.ClickException(str(error)) from error

    return update_wrapper(command, function)
