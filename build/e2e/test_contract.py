"""Whatever the document allows or forbids, nexusd answers as the document says."""

import json
import re
import urllib.error
import urllib.request

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

# Ending the session, waiting on a stream or calling a provider would end the test, not test it.
LEFT_OUT = [
    "/api/auth/logout", "/api/auth/sessions/{id}", "/api/chat/stream", "/api/events", "/api/admin/providers/{id}/test",
]
# Sign-in is slow on purpose and locks out; its own tests are in Go.
BEFORE_SIGN_IN = ["/api/auth/login", "/api/auth/register", "/api/auth/exchange", "/api/auth/refresh"]
AN_ID = "0192f3a4-7b1c-7def-8123-456789abcdef"


@pytest.fixture(scope="module")
def document(server):
    return schemathesis.openapi.from_url(server.url + "/openapi.json")


@pytest.fixture(scope="module")
def token(server):
    return server.sign_in()


schema = schemathesis.pytest.from_fixture("document").exclude(path=LEFT_OUT + BEFORE_SIGN_IN)


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


def test_anonymous_callers_get_nothing(server):
    with urllib.request.urlopen(server.url + "/openapi.json") as answer:
        paths = json.load(answer)["paths"]
    tried = 0
    for path, operations in paths.items():
        for method in operations:
            if path in BEFORE_SIGN_IN:
                continue
            url = server.url + re.sub(r"{\w+}", AN_ID, path)
            request = urllib.request.Request(url, b"{}", {"Content-Type": "application/json"}, method=method.upper())
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request, timeout=10)
            assert refused.value.code == 401, (method, path, refused.value.code)
            tried += 1
    assert tried > 25
