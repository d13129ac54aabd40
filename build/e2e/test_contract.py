"""Whatever the document allows or forbids, nexusd answers as the document says."""

import json
import re
import urllib.error
import urllib.request

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from conftest import PASSWORD

# Ending the session, waiting on a stream or calling a provider would end the test, not test it.
LEFT_OUT = [
    "/api/auth/logout", "/api/auth/sessions/{id}", "/api/chat/stream", "/api/events", "/api/admin/providers/{id}/test", "/api/playground",
]
# Sign-in is slow on purpose and locks out; its own tests are in Go.
BEFORE_SIGN_IN = ["/api/auth/login", "/api/auth/register", "/api/auth/exchange", "/api/auth/refresh"]
# Every route that asks for no session and no key, and why. Sign-in checks what it is given.
OPEN = dict.fromkeys(BEFORE_SIGN_IN, "there is no session yet") | {
    "/healthz": "a supervisor asks; says one word",
    "/readyz": "a balancer asks; says one word",
    "/metrics": "has a guard of its own: this machine or the operator's token",
}
AN_ID = "0192f3a4-7b1c-7def-8123-456789abcdef"


@pytest.fixture(scope="module")
def document(server):
    return schemathesis.openapi.from_url(server.url + "/openapi.json")


@pytest.fixture(scope="module")
def token(server):
    """Of a tenant of its own: what is made up here (limits, budgets) must stop no other test."""
    server.ctl("tenant", "create", "--name", "Made Up", "--owner", "eva@made-up.test", stdin=PASSWORD + "\n")
    return server.sign_in("eva@made-up.test")


schema = schemathesis.pytest.from_fixture("document").exclude(
    path=LEFT_OUT + BEFORE_SIGN_IN).exclude(path="/api/auth/sessions", method="DELETE")


@schema.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_follow_the_document(case, token):
    response = case.call(headers={"Authorization": "Bearer " + token})
    case.validate_response(response, checks=[
        schemathesis.checks.not_a_server_error,
        schemathesis.specs.openapi.checks.status_code_conformance,
        schemathesis.specs.openapi.checks.content_type_conformance,
        schemathesis.specs.openapi.checks.response_schema_conformance,
    ])


def operations(server):
    with urllib.request.urlopen(server.url + "/openapi.json") as answer:
        paths = json.load(answer)["paths"]
    return [(path, method, about) for path, methods in paths.items() for method, about in methods.items()]


def refusal(server, path: str, method: str = "get", headers: dict | None = None) -> int:
    """The status that an anonymous caller is refused with; a call that works fails the test."""
    url = server.url + re.sub(r"{\w+}", AN_ID, path)
    body = None if method == "get" else b"{}"
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"} | (headers or {}), method=method.upper())
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    return refused.value.code


def test_open_routes_are_open_on_purpose(server):
    unguarded = {path for path, _, about in operations(server) if not about.get("security")}
    assert unguarded == OPEN.keys(), "a route lost its guard, or one that is open has no reason here"


def test_anonymous_callers_get_nothing(server):
    guarded = [(path, method) for path, method, about in operations(server) if about.get("security")]
    assert len(guarded) > 30
    for path, method in guarded:
        assert refusal(server, path, method) == 401, (method, path)


def test_figures_are_not_for_strangers(server):
    assert refusal(server, "/metrics", headers={"X-Forwarded-For": "203.0.113.9"}) == 401
    assert refusal(server, "/metrics", headers={"Host": "ai.example.com"}) == 401
    with urllib.request.urlopen(server.url + "/metrics", timeout=10) as answer:
        assert b"nexus_http_request_seconds" in answer.read()
