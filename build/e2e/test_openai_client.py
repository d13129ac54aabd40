"""The official OpenAI client against nexusd: only base URL and key changed."""

import re
import time

import openai
import pytest

from conftest import STARTER

EMBEDDING = "multilingual-e5-small"


@pytest.fixture(scope="module")
def client(server, key):
    # The first call starts the engine.
    return openai.OpenAI(base_url=server.url + "/v1", api_key=key, timeout=180, max_retries=0)


def ask(client, **more):
    return client.chat.completions.create(
        model=STARTER, max_tokens=24, temperature=0,
        messages=[{"role": "user", "content": "Say hello in one short sentence."}], **more)


def test_key_is_base62_after_its_prefix(key):
    assert re.fullmatch(r"nxs_[a-z]+_[0-9A-Za-z]+", key)


def test_lists_models(client):
    ids = {model.id for model in client.models.list()}
    assert {STARTER, EMBEDDING} <= ids


def test_chats(client):
    answer = ask(client)
    assert answer.choices[0].message.content.strip()
    assert answer.choices[0].finish_reason in {"stop", "length"}
    assert answer.usage.completion_tokens > 0
    assert answer._request_id


def test_streams_with_usage(client):
    chunks = list(ask(client, stream=True, stream_options={"include_usage": True}))
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text.strip()
    assert [c for c in chunks if c.choices][-1].choices[0].finish_reason in {"stop", "length"}
    assert chunks[-1].usage.completion_tokens > 0 and chunks[-1].choices == []


def test_streams_without_usage_unless_asked(client):
    assert all(c.usage is None and c.choices for c in ask(client, stream=True))


def test_embeds(client):
    inputs = ["query: onde fica Lisboa?", "query: where is Lisbon?", "query: how to bake bread"]
    # The client asks for base64 by default; floats come when named.
    packed = client.embeddings.create(model=EMBEDDING, input=inputs)
    plain = client.embeddings.create(model=EMBEDDING, input=inputs, encoding_format="float")
    assert [len(d.embedding) for d in packed.data] == [384] * 3
    for a, b in zip(packed.data, plain.data):
        assert a.embedding == pytest.approx(b.embedding, abs=1e-3)
    lisboa, lisbon, bread = (d.embedding for d in plain.data)
    dot = lambda x, y: sum(p * q for p, q in zip(x, y))
    assert dot(lisboa, lisbon) > dot(lisboa, bread)


def test_leaving_a_stream_early_is_fine(client):
    stream = ask(client, stream=True)
    next(iter(stream))
    stream.close()
    assert ask(client).choices[0].message.content.strip()


def test_a_bad_key_is_an_authentication_error(server):
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=server.url + "/v1", api_key="nxs_live_wrong", max_retries=0).models.list()


def test_an_unknown_model_is_not_found(client):
    with pytest.raises(openai.NotFoundError) as error:
        client.chat.completions.create(model="no-such-model", messages=[{"role": "user", "content": "x"}])
    assert error.value.code == "model_not_found"


def test_a_bad_request_is_named(client):
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model=STARTER, messages="not a list")


def test_a_revoked_key_stops_working(server):
    secret = server.ctl("key", "create", "--tenant", "acme", "--name", "short lived")
    doomed = openai.OpenAI(base_url=server.url + "/v1", api_key=secret, max_retries=0)
    assert list(doomed.models.list())
    token = server.sign_in()
    found = [k for k in server.get("/api/admin/keys", token) if k["name"] == "short lived"]
    server.delete("/api/admin/keys/" + found[0]["id"], token)
    with pytest.raises(openai.AuthenticationError):
        for _ in range(20):  # another process may know it for a second
            doomed.models.list()
            time.sleep(0.1)
