"""Asking the services and the gateway over HTTP."""

import math
import ssl
from collections.abc import Mapping
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from afterglow_operator.doctor.findings import Finding, unknown, well, wrong
from afterglow_operator.sites import Site

SECONDS = 5.0


async def readiness(site: Site, service: str) -> Finding:
    """What `/readyz` says: database, migrations, keys, event feed, each by its name."""
    async with httpx.AsyncClient(timeout=SECONDS) as http:
        try:
            answer = await http.get(f"{site.service_url(service)}/readyz")
            said: Mapping[str, bool] = answer.json()
        except (httpx.HTTPError, ValueError):
            return wrong(service, "does not answer")
    if answer.status_code == httpx.codes.OK:
        return well(service, f"ready ({', '.join(said)})")
    return wrong(service, f"not ready: {', '.join(name for name, holds in said.items() if not holds)}")


async def mail_server(site: Site) -> Finding:
    """Whether auth reached it when it last asked, a minute ago at most."""
    try:
        measured = await measures(f"{site.service_url('auth')}/metrics")
    except (httpx.HTTPError, ValueError):
        return unknown("mail server", "auth, which asks it, does not answer")
    up = measured.get("mail_server_up", math.nan)
    if math.isnan(up):
        return unknown("mail server", "not asked yet; try again in a minute")
    if up:
        return well("mail server", "answers, and lets auth in")
    return wrong("mail server", "does not answer, shows no certificate that can be trusted, or does not let auth in")


async def measures(url: str) -> dict[str, float]:
    """The measures without labels, by name."""
    async with httpx.AsyncClient(timeout=SECONDS) as http:
        text = (await http.get(url)).raise_for_status().text
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.labels
    }


async def gateway(site: Site) -> Finding:
    """Whether the public address answers, with a certificate that can be trusted."""
    try:
        async with httpx.AsyncClient(timeout=SECONDS, verify=trust(site.authority)) as http:
            answer = await http.get(f"{site.base_url}/healthz")
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        if site.sees_gateway:
            return wrong("gateway", f"{site.base_url} does not answer")
        return unknown("gateway", f"{site.base_url} cannot be reached from here; ask it for /healthz from outside")
    if answer.status_code == httpx.codes.OK:
        return well("gateway", f"{site.base_url} answers")
    return wrong("gateway", f"{site.base_url}/healthz answers {answer.status_code}")


def trust(authority: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority) if authority else None)
