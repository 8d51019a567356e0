"""The practice's first page for admins: what there is to look after, and how it stands."""

from afterglow_design.languages import LANGUAGES, current
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.admin.rooms import room
from afterglow_web.admin.waiting import known_wait
from afterglow_web.admin.wording import shown_notice
from afterglow_web.pages import page
from afterglow_web.permissions import ReadPractice
from afterglow_web.practice.desk import DeskForPerson
from afterglow_web.practice.sections import SECTIONS

router = room()


@router.get("/practice")
async def practice(request: Request, _: ReadPractice, desk: DeskForPerson, notice: str = "") -> Response:
    saved = await desk.practice()
    return page(
        request,
        "admin/practice/page.html",
        saved=saved.spoken(current()),
        sections=list(SECTIONS.values()),
        languages=[LANGUAGES[language] for language in saved.languages],
        notice=shown_notice(notice),
        waits=known_wait(request),
    )
