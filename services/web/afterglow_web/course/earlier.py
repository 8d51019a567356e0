"""What a plan said before: its client's page, and the same at the therapist's desk."""

from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.course.asking import TreatmentForPerson
from afterglow_web.course.desk import COURSE
from afterglow_web.messages.unread import with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import ReadClients, ReadCourse
from afterglow_web.portal import PortalForPerson
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site

router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get("/path/plans/{course_id}/versions")
async def own_versions(request: Request, course_id: UUID, _: ReadCourse, treatment: TreatmentForPerson) -> Response:
    """Newest first, on one's own clock."""
    versions = (await treatment.versions(course_id))[::-1]
    own = await session_of(request)
    return page(request, "course/path/versions.html", versions=versions, zone=own.time_zone)


@router.get(f"{COURSE}/plans/{{course_id}}/versions")
async def versions_of_client(
    *,
    request: Request,
    client_id: UUID,
    course_id: UUID,
    _: ReadClients,
    portal: PortalForPerson,
    treatment: TreatmentForPerson,
) -> Response:
    """Newest first, on the client's clock. Opening is audited by portal and shown to the client."""
    record = await portal.client(client_id)
    versions = (await treatment.versions(course_id, client_id))[::-1]
    return page(
        request,
        "course/desk/versions.html",
        versions=versions,
        client_id=client_id,
        client_name=record.name,
        zone=record.time_zone,
    )
