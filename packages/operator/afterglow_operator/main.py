"""The `afterglow` command."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from afterglow_operator.errors import OperatorError

app = typer.Typer(
    help="Run and look after Afterglow.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)

initialise = typer.Typer(
    help="What `docker compose up` does before anything else starts; safe to repeat.", no_args_is_help=True
)
app.add_typer(initialise, name="initialise")

people = typer.Typer(help="Accounts and care, from the host itself; every act is in the audit.", no_args_is_help=True)
app.add_typer(people, name="people")

keys = typer.Typer(help="Auth's signing keys: how they stand, and the next one.", no_args_is_help=True)
app.add_typer(keys, name="keys")

jobs = typer.Typer(help="Jobs that were given up: look at them, try them again, drop them.", no_args_is_help=True)
app.add_typer(jobs, name="jobs")

programs = typer.Typer(help="Programs that people sign in to, registered as the house's own.", no_args_is_help=True)
app.add_typer(programs, name="programs")


@app.callback()
def command() -> None:
    """Run and look after Afterglow."""


Port = Annotated[int, typer.Option(min=1, max=65535, help="The gateway's port on the loopback interface.")]
Var = Annotated[Path, typer.Option(help="The folder for data, secrets and logs.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


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


@initialise.command("secrets")
def initialise_secrets() -> None:
    """Make the secrets that are missing, each service's into its own volume."""
    from afterglow_operator.installing import command  # noqa: PLC0415  # `afterglow --help` stays quick

    saying_one_sentence(command.secrets)


@initialise.command("system")
def initialise_system() -> None:
    """Bring databases, roles, migrations and OAuth clients up to date, and invite the first admin."""
    from afterglow_operator.installing import command  # noqa: PLC0415  # `afterglow --help` stays quick

    saying_one_sentence(command.system)


@app.command()
def mail(
    mail_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="Show this one, decoded.")] = None,
    as_json: Json = False,
    var: Var = Path("var"),
) -> None:
    """List the demonstration's mails, the newest first, or show one with its links."""
    from afterglow_operator.mailbox import command  # noqa: PLC0415  # `afterglow --help` stays quick

    saying_one_sentence(lambda: command.show(var / "mail", mail_id, as_json=as_json))


@app.command()
def migrate(
    service: Annotated[str | None, typer.Option(help="Only this service.")] = None,
    as_json: Json = False,
    var: Var = Path("var"),
) -> None:
    """Bring the services' databases to the newest migration."""
    from afterglow_operator import migrating  # noqa: PLC0415  # `afterglow --help` stays quick

    saying_one_sentence(lambda: migrating.run(var, service, as_json=as_json))


@app.command()
def doctor(as_json: Json = False, var: Var = Path("var")) -> None:
    """Look at services, databases, event feed, jobs, mail server, gateway and clock."""
    from afterglow_operator.doctor import command  # noqa: PLC0415  # `afterglow --help` stays quick

    saying_one_sentence(lambda: command.run(var, as_json=as_json))


Who = Annotated[str, typer.Argument(help="A mail address or an id.")]


@people.command("list")
def list_people(
    role: Annotated[str | None, typer.Option(help="admin, client or therapist")] = None,
    state: Annotated[str | None, typer.Option(help="active, disabled, invited or reset")] = None,
    as_json: Json = False,
    var: Var = Path("var"),
) -> None:
    """List people by name."""
    from afterglow_operator.people import command  # noqa: PLC0415  # `afterglow --help` stays quick

    saying_one_sentence(lambda: command.list_people(var, role=role, state=state, as_json=as_json))


@people.command("invite")
def invite_person(
    *,
    email: Annotated[str, typer.Option()],
    name: Annotated[str, typer.Option()],
    role: Annotated[str, typer.Option(help="client; admin only while no admin can act")] = "client",
    time_zone: Annotated[str, typer.Option(help="IANA's name, for example Europe/Berlin")] = "UTC",
    locale: str = "en",
    as_json: Json = False,
    var: Var = Path("var"),
) -> None:
    """Invite somebody; the link to set a password goes out by mail."""
    from afterglow_operator.people import command  # noqa: PLC0415  # `afterglow --help` stays quick

    wanted = {"email": email, "name": name, "role": role, "time_zone": time_zone, "locale": locale}
    saying_one_sentence(lambda: command.invite(var, wanted, as_json=as_json))


@people.command("enable")
def enable_person(who: Who, as_json: Json = False, var: Var = Path("var")) -> None:
    """Open a closed account again; staff only where no admin could do it in the portal."""
    from afterglow_operator.people import command  # noqa: PLC0415  # `afterglow --help` stays quick

    saying_one_sentence(lambda: command.enable(var, who, as_json=as_json))


@people.command("import")
def import_people(
    file: Annotated[Path, typer.Argument(help="A CSV file with the columns name and email.")],
    time_zone: Annotated[str, typer.Option(help="for rows without one, such as Europe/Berlin")] = "UTC",
    as_json: Json = False,
    var: Var = Path("var"),
) -> None:
    """Invite every client of a CSV file, or nobody."""
    from afterglow_operator.people import command  # noqa: PLC0415  # `afterglow --help` stays quick

    saying_one_sentence(lambda: command.import_people(var, file, time_zone=time_zone, as_json=as_json))


@people.command("reset")
def reset_person(who: Who, as_json: Json = False, var: Var = Path("var")) -> None:
    """Take every way in of somebody away, a day after they are told; a lone admin's too."""
    from afterglow_operator.people import command  # noqa: PLC0415  # `afterglow --help` stays quick

    saying_one_sentence(lambda: command.reset(var, who, as_json=as_json))


@people.command("disable")
def disable_person(who: Who, as_json: Json = False, var: Var = Path("var")) -> None:
    """End an account and everything that is signed in to it."""
    from afterglow_operator.people import command  # noqa: PLC0415  # `afterglow --help` stays quick

    saying_one_sentence(lambda: command.disable(var, who, as_json=as_json))


@people.command("assign")
def assign_care(client: Who, therapist: Who, as_json: Json = False, var: Var = Path("var")) -> None:
    """Let a therapist treat a client; both are told."""
    from afterglow_operator.people import command  # noqa: PLC0415  # `afterglow --help` stays quick

    saying_one_sentence(lambda: command.assign(var, client, therapist, as_json=as_json))


@keys.command("status")
def show_keys(as_json: Json = False, var: Var = Path("var")) -> None:
    """List the keys that sign tokens, did or will."""
    from afterglow_operator.keys import command  # noqa: PLC0415  # `afterglow --help` stays quick

    saying_one_sentence(lambda: command.status(var, as_json=as_json))


@keys.command("rotate")
def rotate_keys(as_json: Json = False, var: Var = Path("var")) -> None:
    """Make the next key; it signs once everybody has had time to fetch it."""
    from afterglow_operator.keys import command  # noqa: PLC0415  # `afterglow --help` stays quick

    saying_one_sentence(lambda: command.rotate(var, as_json=as_json))


@programs.command("register")
def register_program(
    *,
    client_id: Annotated[str, typer.Option()],
    name: Annotated[str, typer.Option()],
    redirect_uri: Annotated[list[str], typer.Option(help="Where it is led back to; as often as needed.")],
    scope: Annotated[list[str], typer.Option(help="What it may ask for; as often as needed.")],
    post_logout_redirect_uri: Annotated[list[str] | None, typer.Option()] = None,
    backchannel_logout_uri: Annotated[str | None, typer.Option(help="Where it is told of a session's end.")] = None,
    keys_file: Annotated[Path | None, typer.Option("--keys", help="Its public keys, a JWK set.")] = None,
    secret: Annotated[bool, typer.Option("--secret", help="Make it a secret, and print that.")] = False,
    must_push: Annotated[bool, typer.Option("--must-push", help="It must push its requests.")] = False,
    must_prove_key: Annotated[bool, typer.Option("--must-prove-key", help="Its tokens are bound to a key.")] = False,
    as_json: Json = False,
    var: Var = Path("var"),
) -> None:
    """Register a program; with neither keys nor a secret it is a public one."""
    from afterglow_operator.programs import command  # noqa: PLC0415  # `afterglow --help` stays quick

    wanted = {
        "client_id": client_id,
        "name": name,
        "redirect_uris": redirect_uri,
        "post_logout_redirect_uris": post_logout_redirect_uri or [],
        "backchannel_logout_uri": backchannel_logout_uri,
        "scopes": scope,
        "require_pushed_authorization_requests": must_push,
        "dpop_bound_access_tokens": must_prove_key,
    }
    proof = command.Proof(keys_file, by_secret=secret)
    saying_one_sentence(lambda: command.add(var, wanted, proof, as_json=as_json))


@jobs.command("list")
def list_jobs(as_json: Json = False, var: Var = Path("var")) -> None:
    """List the jobs that were given up, the newest first."""
    from afterglow_operator import dead_letters  # noqa: PLC0415  # `afterglow --help` stays quick

    saying_one_sentence(lambda: dead_letters.list_all(var, as_json=as_json))


@jobs.command("retry")
def retry_jobs(
    ids: Annotated[list[int] | None, typer.Argument(help="Which; all, if none is named.")] = None,
    as_json: Json = False,
    var: Var = Path("var"),
) -> None:
    """Have them tried again."""
    from afterglow_operator import dead_letters  # noqa: PLC0415  # `afterglow --help` stays quick

    saying_one_sentence(lambda: dead_letters.try_again(var, ids or [], as_json=as_json))


@jobs.command("drop")
def drop_jobs(
    ids: Annotated[list[int], typer.Argument(help="Which.")], as_json: Json = False, var: Var = Path("var")
) -> None:
    """Drop them for good."""
    from afterglow_operator import dead_letters  # noqa: PLC0415  # `afterglow --help` stays quick

    saying_one_sentence(lambda: dead_letters.forget(var, ids, as_json=as_json))


def saying_one_sentence(act: Callable[[], None]) -> None:
    """Print what went wrong as one sentence and exit with 1."""
    try:
        act()
    except OperatorError as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    app()
