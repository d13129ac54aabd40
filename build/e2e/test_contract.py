"""Whatever the document allows or forbids, nexusd answers as the document says."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings


# Ending the session or asking a provider for real would end the test, not test it.
LEFT_OUT = ["/api/auth/logout", "/api/chat/stream", "/api/events", "/api/admin/providers/{id}/test", "/api/auth/sessions/{id}"]


@pytest.fixture(scope="module")
def document(server):
    loaded = schemathesis.openapi.from_url(server.url + "/openapi.json")
    return loaded.exclude(path=LEFT_OUT)


@pytest.fixture(scope="module")
def token(server):
    return server.sign_in()


schema = schemathesis.pytest.from_fixture("document")


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


@schema.parametrize()
@settings(max_examples=1, deadline=None, suppress_health_check=list(HealthCheck))
def test_anonymous_callers_get_nothing(case):
    if case.operation.path in {"/api/auth/login", "/api/auth/register", "/api/auth/exchange", "/api/auth/refresh"}:
        return
    assert case.call().status_code in {401, 413, 415}
