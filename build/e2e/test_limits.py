"""What the official clients make of a spent budget (402) and of a limit of ours (429)."""

import re
import time

import anthropic
import openai
import pytest

from conftest import offer


def openai_client(server, key, **more):
    return openai.OpenAI(base_url=server.url + "/v1", api_key=key, timeout=30, **more)


def anthropic_client(server, key, **more):
    return anthropic.Anthropic(base_url=server.url, api_key=key, timeout=30, **more)


def ask_openai(client, scripted, **more):
    return client.chat.completions.create(model=scripted["chat"], messages=[{"role": "user", "content": "say a"}], **more)


def ask_anthropic(client, scripted, **more):
    return client.messages.create(model=scripted["chat"], max_tokens=16, messages=[{"role": "user", "content": "say a"}], **more)


ASKS = {"openai": (openai_client, ask_openai, openai), "anthropic": (anthropic_client, ask_anthropic, anthropic)}


@pytest.fixture(scope="module")
def scripted(server, upstream):
    """What we refuse reaches no provider: one is as good as all."""
    return offer(server, upstream, "openai", "limits")


@pytest.fixture(params=ASKS)
def vendor(request):
    return ASKS[request.param]


def one_try(begin):
    started = time.monotonic()
    with pytest.raises((openai.APIStatusError, anthropic.APIStatusError)) as error:
        begin()
    return error.value, time.monotonic() - started


@pytest.mark.parametrize("stream", [False, True])
def test_a_spent_budget(server, scripted, spent, vendor, stream):
    client, ask, sdk = vendor
    error, took = one_try(lambda: ask(client(server, spent, max_retries=3), scripted, stream=stream))
    assert error.status_code == 402 and took < 5  # nothing would change by tomorrow's noon: the client does not try again
    if sdk is anthropic:
        assert isinstance(error, anthropic.PaymentRequiredError) and error.type == "billing_error"
    else:
        assert error.code == "insufficient_quota" and error.type == "insufficient_quota"
    assert "The daily budget of this key ($0.00) is spent." in error.message
    assert re.search(r"It begins anew at \d{4}-\d\d-\d\d \d\d:\d\d", error.message) and "Ask finance@acme.test" in error.message
    assert error.response.headers["x-should-retry"] == "false" and error.request_id
    assert 0 < int(error.response.headers["retry-after"]) <= 24 * 3600


def test_a_limit(server, scripted, limited, vendor):
    client, ask, sdk = vendor
    impatient = client(server, limited, max_retries=0)
    ask(impatient, scripted)
    error, _ = one_try(lambda: ask(impatient, scripted))
    assert isinstance(error, sdk.RateLimitError) and error.request_id
    assert "The limit of 1 requests in a minute for this key is reached." in error.message
    assert "Try again in " in error.message and "ask an administrator" in error.message
    headers = error.response.headers
    assert 0 < int(headers["retry-after"]) <= 60 and "x-should-retry" not in headers
    assert headers["x-ratelimit-remaining-requests"] == headers["anthropic-ratelimit-requests-remaining"] == "0"


def test_a_limit_is_waited_for(server, scripted, paced, vendor):
    """The clients' own retries heed retry-after."""
    client, ask, _ = vendor
    patient = client(server, paced, max_retries=3)
    started = time.monotonic()
    ask(patient, scripted)
    ask(patient, scripted)
    assert time.monotonic() - started > 1.9
