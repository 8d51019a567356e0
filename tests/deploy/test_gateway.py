"""What the running gateway lets through, to whom, and what it answers itself."""

import json
import socket
import time

import httpx
import pytest

from tests.deploy.gateways import Gateway

ROUTES = {
    "/": "web",
    "/check-ins?from=2026-01-01": "web",
    "/authors": "web",
    "/apiary": "web",
    "/static/app.css": "web",
    "/auth/sign-in": "auth",
    "/auth/static/app.css": "auth",
    "/auth/.well-known/openid-configuration": "auth",
    "/.well-known/oauth-authorization-server/auth": "auth",
    "/.well-known/ssf-configuration/auth": "auth",
    "/api/accounts/people?limit=2": "auth",
    "/api/portal/check-ins": "portal",
    "/api/portal/openapi.json": "portal",
    "/api/messaging/conversations": "messaging",
}

CLOSED = [
    "/internal",
    "/internal/",
    "/internal/events/snapshot",
    "/INTERNAL/events/snapshot",
    "//internal/events/snapshot",
    "/%69nternal/events/snapshot",
    "/x/../internal/events/snapshot",
    "/auth/../internal/events/snapshot",
    "/auth/%2e%2e/internal/events/snapshot",
    "/livez",
    "/readyz",
    "/readyz/",
    "/metrics",
    "/metrics?x=1",
    "/api",
    "/api/",
    "/api/unknown",
    "/api/portalx/check-ins",
]

SPOOFED = {
    "Forwarded": "for=1.2.3.4;host=evil.example",
    "X-Forwarded-For": "1.2.3.4",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Port": "1",
    "X-Forwarded-User": "admin",
    "X-Forwarded-Prefix": "/evil",
    "X-Original-URL": "/internal/events/snapshot",
    "X-Rewrite-URL": "/internal/events/snapshot",
    "X-Real-IP": "1.2.3.4",
    "X-Client-IP": "1.2.3.4",
    "True-Client-IP": "1.2.3.4",
    "CF-Connecting-IP": "1.2.3.4",
    "X-User-Id": "someone",
    "X-User": "someone",
    "X-Person": "someone",
    "X-Person-Id": "someone",
    "X-Role": "admin",
    "X-Authenticated-User": "someone",
    "X-Remote-User": "someone",
    "Remote-User": "someone",
    "X-HTTP-Method-Override": "DELETE",
    "X-Request-Id": "chosen-outside",
    "X-Correlation-Id": "chosen-outside",
    "Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "Proxy": "http://evil.example",
    "X_Forwarded_For": "1.2.3.4",
    "X_User_Id": "someone",
}


@pytest.mark.parametrize(("path", "service"), ROUTES.items())
def test_each_path_reaches_its_service_unchanged(gateway: Gateway, path: str, service: str) -> None:
    seen = gateway.seen(path)
    assert (seen["service"], seen["path"]) == (service, path)


def test_health_is_webs_readiness(gateway: Gateway) -> None:
    seen = gateway.seen("/healthz")
    assert (seen["service"], seen["path"]) == ("web", "/readyz")


@pytest.mark.parametrize("path", CLOSED)
def test_internal_and_unknown_paths_are_closed(gateway: Gateway, path: str) -> None:
    # A client library would tidy the path, so it goes over the line as it is.
    request = f"GET {path} HTTP/1.1\r\nHost: localhost:{gateway.port}\r\nConnection: close\r\n\r\n"
    head, _, body = gateway.raw(request.encode()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404"), head
    assert b"application/problem+json" in head
    assert json.loads(body) == {
        "type": "urn:afterglow:problem:not_found",
        "title": "Not found",
        "status": 404,
        "code": "not_found",
    }


@pytest.mark.parametrize("path", ["/", "/auth/sign-in", "/api/portal/check-ins", "/api/messaging/events-x"])
def test_identity_and_forwarding_headers_from_outside_are_stripped(gateway: Gateway, path: str) -> None:
    arrived = gateway.seen(path, SPOOFED)["headers"]
    assert arrived["x-forwarded-for"] == ["127.0.0.1"]
    assert arrived["x-forwarded-proto"] == ["http"]
    assert arrived["x-forwarded-host"] == [f"localhost:{gateway.port}"]
    (request_id,) = arrived["x-request-id"]
    assert len(request_id) == 36
    made_by_us = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-request-id"}
    left = {name.lower() for name in SPOOFED} & set(arrived) - made_by_us
    assert not left


def test_the_connection_header_cannot_remove_what_the_gateway_adds(gateway: Gateway) -> None:
    arrived = gateway.seen("/", {"Connection": "close, X-Forwarded-For, X-Request-Id"})["headers"]
    assert arrived["x-forwarded-for"] == ["127.0.0.1"]
    assert arrived["x-request-id"]


def test_bearer_tokens_and_ordinary_headers_pass(gateway: Gateway) -> None:
    headers = {"Authorization": "Bearer token", "Accept-Language": "en", "Sec-Fetch-Site": "same-origin"}
    arrived = gateway.seen("/api/portal/check-ins", {**headers, "Origin": "http://localhost"})["headers"]
    assert arrived["authorization"] == ["Bearer token"]
    assert arrived["accept-language"] == ["en"]
    assert arrived["sec-fetch-site"] == ["same-origin"]
    assert arrived["origin"] == ["http://localhost"]


@pytest.mark.parametrize("path", ["/auth/token", "/auth/par", "/auth/userinfo", "/api/portal/x", "/api/accounts/me"])
def test_proofs_of_a_key_pass_as_they_were_sent(gateway: Gateway, path: str) -> None:
    """Two stay two, so that the service sees it and refuses them; the nonce comes back."""
    sent = [("Authorization", "DPoP token"), ("DPoP", "one"), ("DPoP", "two")]
    arrived = gateway.seen(path, sent)["headers"]
    assert (arrived["authorization"], arrived["dpop"]) == (["DPoP token"], ["one", "two"])
    assert gateway.get(path).headers["dpop-nonce"] == "of this moment"


COOKIES = [
    ("auth=a; web=w", "auth=a", "web=w"),
    ("web=w;auth=a", "auth=a", "web=w"),
    ("xauth=x; my-web=y; auth=a; web=w; theme=dark", "auth=a", "web=w"),
    ("xauth=x; not-web=y", None, None),
    ("auth2=x; web2=y", None, None),
    ("theme=auth=x; other=web=y", None, None),
    ("auth=; web=", "auth=", "web="),
    ("auth=a{re.own.1}$1; web=w", "auth=a{re.own.1}$1", "web=w"),
]


@pytest.mark.parametrize(("sent", "to_auth", "to_web"), COOKIES)
def test_each_service_gets_its_own_cookie_only(
    gateway: Gateway, sent: str, to_auth: str | None, to_web: str | None
) -> None:
    assert gateway.seen("/auth/sign-in", {"Cookie": sent})["headers"].get("cookie") == _one(to_auth)
    assert gateway.seen("/check-ins", {"Cookie": sent})["headers"].get("cookie") == _one(to_web)


@pytest.mark.parametrize(("sent", "to_auth", "to_web"), COOKIES)
def test_over_tls_only_the_host_bound_names_count(
    tls_gateway: Gateway, sent: str, to_auth: str | None, to_web: str | None
) -> None:
    plain = sent  # a neighbour under the same domain could have set these
    bound = sent.replace("auth=a", "__Host-auth=a").replace("web=w", "__Host-web=w")
    for path, wanted in (("/auth/sign-in", to_auth), ("/check-ins", to_web)):
        assert tls_gateway.seen(path, {"Cookie": plain})["headers"].get("cookie") is None
        expected = f"__Host-{wanted}" if wanted and wanted[-1] != "=" else None
        assert tls_gateway.seen(path, {"Cookie": bound})["headers"].get("cookie") == _one(expected)


def _one(value: str | None) -> list[str] | None:
    return None if value is None else [value]


def test_a_cookie_header_sent_twice_is_cut_down_too(gateway: Gateway) -> None:
    arrived = gateway.seen("/check-ins", [("Cookie", "auth=a"), ("Cookie", "web=w")])["headers"]
    assert arrived["cookie"] == ["web=w"]


@pytest.mark.parametrize(
    "path", ["/api/portal/x", "/api/accounts/me", "/api/messaging/x", "/.well-known/x", "/healthz"]
)
def test_apis_get_and_set_no_cookie(gateway: Gateway, path: str) -> None:
    response = gateway.get(path, headers={"Cookie": "auth=a; web=w; __Host-web=x"})
    assert "cookie" not in {name.lower() for name, _ in response.json()["headers"]}
    assert "set-cookie" not in response.headers


def test_pages_may_set_their_cookie(gateway: Gateway) -> None:
    assert gateway.get("/").headers["set-cookie"].startswith("web=1")
    assert gateway.get("/auth/sign-in").headers["set-cookie"].startswith("auth=1")


@pytest.mark.parametrize("path", ["/", "/page", "/auth/sign-in", "/api/portal/x", "/internal/x", "/api/none"])
def test_security_headers_are_on_every_answer(gateway: Gateway, path: str) -> None:
    headers = gateway.get(path).headers
    assert headers.get_list("cross-origin-opener-policy") == ["same-origin"]
    assert headers.get_list("cross-origin-resource-policy") == ["same-origin"]
    assert headers.get_list("x-content-type-options") == ["nosniff"]
    assert headers.get_list("referrer-policy") == ["no-referrer"]
    assert "camera=()" in headers["permissions-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert len(headers.get_list("content-security-policy")) == 1
    assert not {"server", "via", "strict-transport-security"} & set(headers)


def test_pages_keep_their_own_policy_and_apis_have_the_narrowest(gateway: Gateway) -> None:
    closed = "default-src 'none'; frame-ancestors 'none'"
    own = "default-src 'none'; style-src 'self'"
    assert gateway.get("/page").headers["content-security-policy"] == own
    assert gateway.get("/api/portal/x").headers["content-security-policy"] == closed
    assert gateway.get("/internal/x").headers["content-security-policy"] == closed


def test_strict_transport_security_only_under_https(gateway: Gateway, tls_gateway: Gateway) -> None:
    for path in ("/", "/api/portal/x", "/internal/x"):
        assert "strict-transport-security" not in gateway.get(path).headers
        assert tls_gateway.get(path).headers["strict-transport-security"] == "max-age=60"


def test_the_forwarded_scheme_is_https_under_https(tls_gateway: Gateway) -> None:
    assert tls_gateway.seen("/", {"X-Forwarded-Proto": "http"})["headers"]["x-forwarded-proto"] == ["https"]


@pytest.mark.parametrize("path", ["/auth/sign-in?next=%2Fx", "/", "/check-ins//evil.example"])
def test_the_loopback_address_redirects_to_the_name(gateway: Gateway, path: str) -> None:
    response = httpx.get(f"http://127.0.0.1:{gateway.port}{path}")
    assert response.status_code == 307
    assert response.headers["location"] == f"http://localhost:{gateway.port}{path}"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "afterglow", "10.0.0.1"])
@pytest.mark.parametrize("path", ["/", "/auth/sign-in", "/api/portal/x", "/healthz"])
def test_any_other_host_is_refused(gateway: Gateway, host: str, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    head, _, body = gateway.raw(request.encode()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 421"), head
    assert json.loads(body)["code"] == "misdirected_request"


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/settings", 1024 * 1024),
        ("/api/messaging/x", 1024 * 1024),
        ("/auth/sign-in", 64 * 1024),
        ("/check-ins", 1024 * 1024),  # a note far too long comes back in its form
        ("/api/portal/check-ins/018f", 64 * 1024),
        ("/api/portal/check-ins/018f/versions", 64 * 1024),
    ],
)
def test_bodies_are_limited(gateway: Gateway, path: str, limit: int) -> None:
    assert gateway.ask("PUT", path, content=b"x" * limit).json()["length"] == limit
    refused = gateway.ask("PUT", path, content=b"x" * (limit + 1), headers={"Accept": "application/json"})
    assert refused.status_code == 413
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "content_too_large"


def test_a_body_of_unknown_length_is_limited_too(gateway: Gateway) -> None:
    refused = gateway.ask("PUT", "/auth/sign-in", content=iter([b"x" * 40_000, b"x" * 40_000]))
    assert refused.status_code == 413
    assert "<h1>This could not be taken</h1>" in refused.text


def test_headers_are_limited(gateway: Gateway) -> None:
    assert gateway.get("/", headers={"X-Long": "x" * 40_000}).status_code == 431


def test_trace_is_refused(gateway: Gateway) -> None:
    assert gateway.ask("TRACE", "/").status_code == 405


def test_answers_are_compressed(gateway: Gateway) -> None:
    assert gateway.get("/", headers={"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"
    assert gateway.get("/", headers={"Accept-Encoding": "zstd, gzip"}).headers["content-encoding"] == "zstd"


@pytest.mark.parametrize("path", ["/live", "/api/messaging/events"])
def test_events_arrive_at_once(gateway: Gateway, path: str) -> None:
    with gateway.client() as client, client.stream("GET", path) as response:
        start = time.monotonic()
        assert next(response.iter_text()) == "data: first\n\n"
        assert time.monotonic() - start < 4
        assert "content-encoding" not in response.headers


@pytest.mark.parametrize(
    "path", ["/api/portal/x", "/auth/token", "/auth/par", "/auth/introspect", "/.well-known/x", "/healthz"]
)
def test_a_program_is_told_that_a_service_is_down(lonely_gateway: Gateway, path: str) -> None:
    response = lonely_gateway.get(path)
    assert response.status_code == 502
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["retry-after"] == "5"
    assert response.json()["code"] == "unavailable"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_person_is_told_that_a_service_is_down(lonely_gateway: Gateway, method: str) -> None:
    headers = {"Accept": "text/html", "If-None-Match": "*", "Range": "bytes=0-1"}
    response = lonely_gateway.ask(method, "/auth/sign-in", headers=headers)
    assert response.status_code == 502
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["cache-control"] == "no-store"
    assert "style-src 'self'" in response.headers["content-security-policy"]
    assert response.headers["cross-origin-opener-policy"] == "same-origin"
    assert "<h1>Not reachable at the moment</h1>" in response.text
    sheet = lonely_gateway.get("/gateway/gateway.css")
    assert sheet.status_code == 200
    assert sheet.headers["content-type"].startswith("text/css")


def test_a_client_that_sends_its_headers_slowly_is_cut(gateway: Gateway) -> None:
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        while connection.recv(1024):
            pass
    assert 5 < time.monotonic() - start < 15


def test_the_log_has_neither_queries_nor_credentials(gateway: Gateway, lonely_gateway: Gateway) -> None:
    secrets = {"Cookie": "web=secret-cookie", "Authorization": "Bearer secret-token", "X-Note": "secret-note"}
    for one in (gateway, lonely_gateway):
        one.get("/callback?code=secret-code", headers={**secrets, "Referer": "http://x/?secret-referrer"})
        deadline = time.monotonic() + 30
        while '"/callback"' not in one.log.read_text() and time.monotonic() < deadline:
            time.sleep(0.05)
        log = one.log.read_text()
        assert '"/callback"' in log
        assert "secret-" not in log
