"""What a browser takes with it, for everybody alike: nothing here says anything about anybody."""

import hashlib
import json
from typing import Any

from afterglow_design.security_headers import PAGE_HEADERS, PAGE_POLICY, header
from afterglow_design.templates import Templates
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from afterglow_web.offline.manifest import manifest
from afterglow_web.offline.shell import CHECK_IN, NOWHERE, shell_of
from afterglow_web.session.csrf import refuse_cross_site

LOOKED_AT_AGAIN = {"Cache-Control": "no-cache", "Vary": "Accept-Language", "X-Content-Type-Options": "nosniff"}
WORKER_POLICY = header({"default-src": ("'none'",), "connect-src": ("'self'",), "img-src": ("'self'",)})
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(public)])


@router.get("/manifest.webmanifest")
async def read_manifest(request: Request) -> Response:
    """In the language of the page that names it, which asks without a cookie."""
    templates: Templates = request.app.state.templates
    known: dict[str, Any] = dict(templates.environment.globals)
    content = json.dumps(manifest(known["practice"], known["static"]), ensure_ascii=False)
    return Response(content, headers=LOOKED_AT_AGAIN, media_type="application/manifest+json")


@router.get("/service-worker.js")
async def read_worker(request: Request) -> Response:
    """A browser looks at it again on every visit, and is mostly told that nothing is new."""
    worker = shell_of(request).worker
    tag = f'"{hashlib.sha256(worker.encode()).hexdigest()[:16]}"'
    headers = {**LOOKED_AT_AGAIN, "Content-Security-Policy": WORKER_POLICY, "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(worker, headers=headers, media_type="text/javascript")


@router.get(NOWHERE)
@router.get(CHECK_IN)
async def read_kept_page(request: Request) -> Response:
    """What shows where the portal cannot be reached. Whoever asks, it is the same page."""
    headers = {**PAGE_HEADERS, "Content-Security-Policy": header(PAGE_POLICY), "Vary": "Accept-Language"}
    return HTMLResponse(shell_of(request).pages[request.url.path], headers=headers)
