"""The official OpenAI client on every surface, before scripted providers of two wires."""

import time
import urllib.request

import openai
import pytest

TOOL = {"type": "function", "function": {"name": "look", "description": "looks", "parameters": {"type": "object", "properties": {"at": {"type": "string"}}}}}
PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


@pytest.fixture(scope="module")
def client(server, key):
    return openai.OpenAI(base_url=server.url + "/v1", api_key=key, timeout=30, max_retries=0)


def ask(client, scripted, words, **more):
    return client.chat.completions.create(model=scripted["chat"], messages=[{"role": "user", "content": words}], **more)


def test_chats(client, scripted):
    answer = ask(client, scripted, "say hello there")
    assert answer.choices[0].message.content == "hello there"
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (7, 3)
    assert answer.usage.prompt_tokens_details.cached_tokens == 2
    assert answer._request_id


def test_streams_with_usage(client, scripted):
    chunks = list(ask(client, scripted, "say hello there", stream=True, stream_options={"include_usage": True}))
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "hello there"
    assert chunks[-1].choices == [] and chunks[-1].usage.prompt_tokens == 7
    assert all(c.usage is None for c in chunks[:-1])


def test_streams_without_usage_unless_asked(client, scripted):
    assert all(c.usage is None and c.choices for c in ask(client, scripted, "say a", stream=True))


def test_tools_round_trip(client, scripted):
    messages = [{"role": "user", "content": 'call look {"at":"sea"}'}]
    asked = client.chat.completions.create(model=scripted["chat"], messages=messages, tools=[TOOL])
    call = asked.choices[0].message.tool_calls[0]
    assert asked.choices[0].finish_reason == "tool_calls"
    assert (call.function.name, call.function.arguments) == ("look", '{"at":"sea"}')
    messages += [asked.choices[0].message.model_dump(exclude_none=True), {"role": "tool", "tool_call_id": call.id, "content": "blue"}]
    assert client.chat.completions.create(model=scripted["chat"], messages=messages, tools=[TOOL]).choices[0].message.content == "result: blue"


def test_tools_in_a_stream(client, scripted):
    with client.chat.completions.stream(model=scripted["chat"], messages=[{"role": "user", "content": 'call look {"at":"sea"}'}], tools=[TOOL]) as stream:
        call = stream.get_final_completion().choices[0].message.tool_calls[0]
    assert (call.function.name, call.function.arguments) == ("look", '{"at":"sea"}')


def test_schema(client, scripted):
    shape = {"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": {"type": "object", "properties": {"answer": {"type": "integer"}}, "required": ["answer"], "additionalProperties": False}}}
    assert ask(client, scripted, "json", response_format=shape).choices[0].message.content == '{"answer":42}'


def test_images(client, scripted):
    parts = [{"type": "text", "text": "images"}, {"type": "image_url", "image_url": {"url": PIXEL}}, {"type": "image_url", "image_url": {"url": PIXEL}}]
    assert ask(client, scripted, parts).choices[0].message.content == "images: 2"


def test_images_inside_the_network_are_refused(client, scripted):
    with pytest.raises(openai.BadRequestError) as error:
        ask(client, scripted, [{"type": "image_url", "image_url": {"url": "http://169.254.169.254/latest/meta-data"}}])
    assert error.value.param == "messages.0.content.0.image_url.url"


@pytest.mark.parametrize("encoding", ["float", "base64", None])
def test_embeds(client, scripted, encoding):
    more = {"encoding_format": encoding} if encoding else {}
    got = client.embeddings.create(model=scripted["embed"], input=["a", "abc"], dimensions=3, **more)
    if encoding == "base64":
        assert got.data[1].embedding == "AABAQAAAAAAAAAAA"
    else:
        assert [d.embedding for d in got.data] == [[1, 0, 0], [3, 0, 0]]
    assert got.usage.prompt_tokens == 5


@pytest.mark.parametrize(("status", "kind"), [
    (400, openai.BadRequestError), (401, openai.InternalServerError), (404, openai.NotFoundError),
    (429, openai.RateLimitError), (500, openai.InternalServerError), (503, openai.InternalServerError)])
def test_errors_of_the_provider_have_their_class(client, fragile, status, kind):
    with pytest.raises(kind) as error:
        ask(client, fragile, f"fail {status}")
    assert "canary" not in str(error.value) and error.value.request_id
    if status == 429:
        assert error.value.response.headers["retry-after"] == "7"


def test_errors_of_ours_have_their_class(client, server, scripted):
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=server.url + "/v1", api_key="nxs_live_wrong", max_retries=0).responses.create(model="m", input="x")
    with pytest.raises(openai.NotFoundError):
        client.responses.create(model="no-such-model", input="x")
    with pytest.raises(openai.BadRequestError):
        client.responses.create(model=scripted["chat"], input=7)


def test_a_broken_stream_raises(client, fragile):
    """One that offers tools is not gone on with."""
    got = []
    with pytest.raises(openai.APIError) as error:
        for chunk in ask(client, fragile, "cut", stream=True, tools=[TOOL]):
            got.append(chunk.choices[0].delta.content or "")
    assert "".join(got) == "one two" and error.value.code == "upstream_failed"


def test_leaving_a_stream_frees_the_provider(client, fragile, upstream):
    before = gone(upstream)
    stream = ask(client, fragile, "stall", stream=True)
    next(iter(stream))
    stream.close()
    wait_until(lambda: gone(upstream) > before)


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_times_out_frees_the_provider(client, fragile, upstream, stream):
    before = gone(upstream)
    with pytest.raises(openai.APITimeoutError):
        list(ask(client.with_options(timeout=1), fragile, "stall", stream=stream))
    wait_until(lambda: gone(upstream) > before)


def gone(upstream) -> int:
    with urllib.request.urlopen(upstream + "/gone") as answer:
        return int(answer.read())


def wait_until(true, within=20.0):
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_completes(client, scripted):
    assert client.completions.create(model=scripted["chat"], prompt="say hello there").choices[0].text == "hello there"
    assert "".join(c.choices[0].text for c in client.completions.create(model=scripted["chat"], prompt="say hello there", stream=True)) == "hello there"


def test_responds(client, scripted):
    answer = client.responses.create(model=scripted["chat"], input="say hello there")
    assert answer.output_text == "hello there" and answer.status == "completed"
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (7, 3)


EVENTS = [
    "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
    "response.output_text.delta", "response.output_text.delta", "response.output_text.done",
    "response.content_part.done", "response.output_item.done", "response.completed"]


def test_events_of_a_response_come_in_order(client, scripted):
    events = list(client.responses.create(model=scripted["chat"], input="say hello there", stream=True))
    assert [e.type for e in events] == EVENTS
    assert [e.sequence_number for e in events] == list(range(len(events)))
    assert events[-1].response.output_text == "hello there"


def test_a_response_goes_on(client, scripted):
    first = client.responses.create(model=scripted["chat"], input="say hello there")
    second = client.responses.create(model=scripted["chat"], input="say again", previous_response_id=first.id)
    assert second.output_text == "again" and second.previous_response_id == first.id
    assert client.responses.retrieve(first.id).output_text == "hello there"
    client.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(first.id)
    with pytest.raises(openai.BadRequestError):
        client.responses.create(model=scripted["chat"], input="say x", previous_response_id=second.id)


def test_a_response_that_the_policy_does_not_keep(client, server, scripted):
    kept = client.responses.create(model=scripted["chat"], input="say hello there")
    server.keep_responses(False)
    try:
        answer = client.responses.create(model=scripted["chat"], input="say hello there", store=True)
        assert answer.output_text == "hello there" and answer.store is False
        assert list(client.responses.create(model=scripted["chat"], input="say hello there", stream=True))[-1].response.store is False
        with pytest.raises(openai.BadRequestError) as refused:
            client.responses.create(model=scripted["chat"], input="say again", previous_response_id=kept.id)
        assert refused.value.param == "previous_response_id" and "policy" in refused.value.message
    finally:
        server.keep_responses(True)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(answer.id)


def test_tools_of_a_response_round_trip(client, scripted):
    tool = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {"at": {"type": "string"}}}, "strict": False}
    asked = client.responses.create(model=scripted["chat"], input='call look {"at":"sea"}', tools=[tool])
    call = next(i for i in asked.output if i.type == "function_call")
    assert (call.name, call.arguments) == ("look", '{"at":"sea"}')
    told = client.responses.create(
        model=scripted["chat"], previous_response_id=asked.id, tools=[tool],
        input=[{"type": "function_call_output", "call_id": call.call_id, "output": "blue"}])
    assert told.output_text == "result: blue"


def test_a_broken_response_raises(client, fragile):
    with pytest.raises(openai.APIError):
        list(client.responses.create(model=fragile["chat"], input="cut", stream=True, tools=[{"type": "function", "strict": False, **TOOL["function"]}]))
