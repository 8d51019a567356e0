"""The `afterglow` command."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from afterglow_operator.errors import OperatorError

app = typer.Typer(
    help="Run and look after Afterglow.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


@app.callback()
def command() -> None:
    """Run and look after Afterglow."""


Port = Annotated[int, typer.Option(min=1, max=65535, help="The gateway's port on the loopback interface.")]
Var = Annotated[Path, typer.Option(help="The folder for data, secrets and logs.")]


@app.command()
def demo(
    port: Port = 8080,
    reset: Annotated[bool, typer.Option(help="Start over with new data.")] = False,
    detach: Annotated[bool, typer.Option(help="Return once all is healthy.")] = False,
    https: Annotated[bool, typer.Option(help="Serve TLS with Caddy's own authority.")] = False,
    var: Var = Path("var"),
) -> None:
    """Run the whole system on this machine with demonstration data."""
    from afterglow_operator.demo import command  # noqa: PLC0415  # `afterglow --help` stays quick

    saying_one_sentence(lambda: command.run(var, port=port, reset=reset, detach=detach, https=https))


@app.command()
def stop(var: Var = Path("var")) -> None:
    """End the demonstration that runs."""
    from afterglow_operator.demo import command  # noqa: PLC0415  # `afterglow --help` stays quick

    saying_one_sentence(lambda: command.stop(var))


def saying_one_sentence(act: Callable[[], None]) -> None:
    """Print what went wrong as one sentence and exit with 1."""
    try:
        act()
    except OperatorError as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    app()
