"""`slic`: the commands, and what an error or Ctrl-C looks like. Heavy imports happen inside the commands."""

from __future__ import annotations

import errno
import signal
from types import FrameType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from slic import __version__
from slic.cli import broker as broker_commands
from slic.cli import gateway as gateway_commands
from slic.cli import ingest as ingest_commands
from slic.cli import program as program_commands
from slic.cli import scenario as scenario_commands
from slic.cli import talq as talq_commands
from slic.cli.asyncapi import asyncapi
from slic.cli.demo import demo
from slic.cli.explain import explain
from slic.cli.field import field
from slic.cli.optimise import optimise
from slic.cli.override import override
from slic.cli.prove import prove
from slic.cli.report import report
from slic.cli.schedule import schedule
from slic.cli.simulate import simulate
from slic.cli.sweep import sweep
from slic.errors import SlicError


class _Commands(TyperGroup):
    """A group whose commands end with one line on stderr and an exit code, never with a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = _naming_the_value(error)
            raise
        except SlicError as error:
            raise _ended(str(error), error.exit_code) from None
        except KeyboardInterrupt:
            raise _ended("interrupted; what was not finished is not kept", SlicError.exit_code) from None
        except MemoryError:
            raise _ended("there is not enough memory for this", SlicError.exit_code) from None
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            raise _ended(str(error), SlicError.exit_code) from None


def _naming_the_value(error: typer.BadParameter) -> str:
    """Typer's message with the value in the place of the word "Input", where it is one of pydantic's."""
    faults = getattr(error.__cause__, "errors", None)
    return error.message.replace("Input", str(faults()[0]["input"]), 1) if faults else error.message


def _ended(text: str, exit_code: int) -> typer.Exit:
    typer.echo("error: " + " ".join(text.split()), err=True)
    return typer.Exit(exit_code)


# Plain help: typer's rich help costs more start-up time than the whole budget of `slic --help`.
app = typer.Typer(
    cls=_Commands,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"slic {__version__}")
        raise typer.Exit


@app.callback()
def _slic(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Simulate street lights under several control programs, and see energy and service side by side.

    Begin with: slic demo

    Exit codes: 0 done, 2 bad input, 3 run failed, 4 finished with warnings.
    """


for command in (
    demo,
    simulate,
    sweep,
    optimise,
    explain,
    report,
    schedule,
    scenario_commands.validate,
    field,
    override,
    asyncapi,
    prove,
):
    app.command()(command)
for name, group in (
    ("gateway", gateway_commands.app),
    ("broker", broker_commands.app),
    ("program", program_commands.app),
    ("ingest", ingest_commands.app),
    ("scenario", scenario_commands.app),
    ("talq", talq_commands.app),
):
    app.add_typer(group, name=name)


def main() -> None:
    """Run the command line with the arguments of this process. A polite end (SIGTERM) is like Ctrl-C."""
    signal.signal(signal.SIGTERM, _interrupt)
    app()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt
