"""Programs that people may sign in to: all of them, and one."""

from afterglow_design.languages import _
from afterglow_foundation.client import UpstreamProblem
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.admin.confirming import Question, ask
from afterglow_web.admin.rooms import room, told
from afterglow_web.admin.wording import Notice, refusal_words, shown_notice
from afterglow_web.pages import page
from afterglow_web.permissions import ReadPrograms, WritePrograms
from afterglow_web.practice.desk import DeskForPerson
from afterglow_web.programs.form import scope_words
from afterglow_web.programs.records import Program, every_program, find_program
from afterglow_web.session.authentication import session_of
from afterglow_web.session.step_up import FreshlyProved

router = room()


@router.get("/programs")
async def programs(
    request: Request, _read: ReadPrograms, desk: DeskForPerson, notice: str = "", after: str | None = None
) -> Response:
    """The practice's own first, then what belongs to the system."""
    found = await every_program(desk, after)
    return page(
        request,
        "admin/programs/page.html",
        own=[one for one in found.items if not one.built_in],
        built_in=[one for one in found.items if one.built_in],
        next=found.next,
        notice=shown_notice(notice),
    )


@router.get("/programs/{program_id}")
async def program(
    request: Request, program_id: str, _read: ReadPrograms, desk: DeskForPerson, notice: str = ""
) -> Response:
    found = await find_program(desk, program_id)
    session = await session_of(request)
    return page(
        request,
        "admin/programs/program.html",
        program=found,
        scopes=scope_words(found.scopes),
        zone=session.time_zone,
        notice=shown_notice(notice),
    )


def question(program: Program) -> Question:
    return Question(
        heading=_("Disable %(name)s?", name=program.name),
        happens=(
            _("Within seconds nobody can sign in to it any more."),
            _("What people allowed it ends at once; what it was given already opens nothing after five minutes."),
        ),
        stays=(
            _("What people wrote with it, and its registration."),
            _("You can enable it again; people then sign in to it anew."),
        ),
        button=_("Disable %(name)s", name=program.name),
        back=f"/programs/{program.client_id}",
    )


@router.get("/programs/{program_id}/disablement", dependencies=[FreshlyProved])
async def ask_to_disable(request: Request, program_id: str, _write: WritePrograms, desk: DeskForPerson) -> Response:
    return ask(request, question(await find_program(desk, program_id)))


@router.post("/programs/{program_id}/disablement", dependencies=[FreshlyProved])
async def disable(request: Request, program_id: str, _write: WritePrograms, desk: DeskForPerson) -> Response:
    try:
        await desk.ask("PUT", f"oauth-clients/{program_id}/disablement")
    except UpstreamProblem as problem:
        words = refusal_words(problem)
        return ask(request, question(await find_program(desk, program_id)), words)
    return told(f"/programs/{program_id}", Notice.program_disabled)


@router.post("/programs/{program_id}/enablement", dependencies=[FreshlyProved])
async def enable(program_id: str, _write: WritePrograms, desk: DeskForPerson) -> Response:
    await desk.ask("DELETE", f"oauth-clients/{program_id}/disablement")
    return told(f"/programs/{program_id}", Notice.program_enabled)
