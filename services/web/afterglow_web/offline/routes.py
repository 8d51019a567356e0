"""What a browser takes with it, for everybody alike: nothing here says anything about anybody."""

import json
from typing import Any

from afterglow_design.templates import Templates
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.offline.manifest import manifest
from afterglow_web.session.csrf import refuse_cross_site

LOOKED_AT_AGAIN = {"Cache-Control": "no-cache", "Vary": "Accept-Language", "X-Content-Type-Options": "nosniff"}
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(public)])


@router.get("/manifest.webmanifest")
async def read_manifest(request: Request) -> Response:
    """In the language of the page that names it, which asks without a cookie."""
    templates: Templates = request.app.state.templates
    known: dict[str, Any] = dict(templates.environment.globals)
    content = json.dumps(manifest(known["practice"], known["static"]), ensure_ascii=False)
    return Response(content, headers=LOOKED_AT_AGAIN, media_type="application/manifest+json")
