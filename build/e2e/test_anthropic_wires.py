"""The official Anthropic client, before scripted providers of two wires."""

import anthropic
import pytest

from test_openai_wires import PIXEL, gone, wait_until

TOOL = {"name": "look", "description": "looks", "input_schema": {"type": "object", "properties": {"at": {"type": "string"}}}}


@pytest.fixture(scope="module")
def client(server, key):
    return anthropic.Anthropic(base_url=server.url, api_key=key, timeout=30, max_retries=0)


def ask(client, scripted, words, **more):
    return client.messages.create(model=scripted["chat"], max_tokens=64, messages=[{"role": "user", "content": words}], **more)


def test_messages(client, scripted):
    answer = ask(client, scripted, "say hello there")
    assert answer.content[0].text == "hello there" and answer.stop_reason == "end_turn"
    assert (answer.usage.input_tokens, answer.usage.cache_read_input_tokens, answer.usage.output_tokens) == (5, 2, 3)
    assert answer._request_id


def test_events_come_in_order(client, scripted):
    events = list(ask(client, scripted, "say hello there", stream=True))
    names = [e.type for e in events if e.type != "ping"]
    assert names == [
        "message_start", "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop", "message_delta", "message_stop"]
    assert events[-2].usage.output_tokens == 3


def test_streams_with_usage(client, scripted):
    with client.messages.stream(model=scripted["chat"], max_tokens=64, messages=[{"role": "user", "content": "say hello there"}]) as stream:
        assert "".join(stream.text_stream) == "hello there"
        usage = stream.get_final_message().usage
    assert (usage.input_tokens, usage.output_tokens) == (5, 3)


def test_tools_round_trip(client, scripted):
    messages = [{"role": "user", "content": 'call look {"at":"sea"}'}]
    asked = client.messages.create(model=scripted["chat"], max_tokens=64, messages=messages, tools=[TOOL])
    call = asked.content[-1]
    assert asked.stop_reason == "tool_use" and (call.name, call.input) == ("look", {"at": "sea"})
    messages += [
        {"role": "assistant", "content": [b.model_dump(exclude_none=True) for b in asked.content]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "blue"}]}]
    assert client.messages.create(model=scripted["chat"], max_tokens=64, messages=messages, tools=[TOOL]).content[0].text == "result: blue"


def test_tools_in_a_stream(client, scripted):
    with client.messages.stream(model=scripted["chat"], max_tokens=64, messages=[{"role": "user", "content": 'call look {"at":"sea"}'}], tools=[TOOL]) as stream:
        assert stream.get_final_message().content[-1].input == {"at": "sea"}


def test_schema(client, scripted):
    shape = {"type": "object", "properties": {"answer": {"type": "integer"}}, "required": ["answer"], "additionalProperties": False}
    answer = ask(client, scripted, "json", output_config={"format": {"type": "json_schema", "schema": shape}})
    assert answer.content[0].text == '{"answer":42}'


def test_images(client, scripted):
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL.partition(",")[2]}}
    assert ask(client, scripted, [{"type": "text", "text": "images"}, image, image]).content[0].text == "images: 2"


def test_counts_tokens(client, scripted):
    counted = client.messages.count_tokens(model=scripted["chat"], messages=[{"role": "user", "content": "12345678"}])
    # The scripted Anthropic and Gemini count; for the other the stated rule does.
    assert counted.input_tokens == (6 if scripted["wire"] == "openai" else 42)


@pytest.mark.parametrize(("status", "kind"), [
    (400, anthropic.BadRequestError), (404, anthropic.NotFoundError), (429, anthropic.RateLimitError), (500, anthropic.InternalServerError)])
def test_errors_of_the_provider_have_their_class(client, fragile, status, kind):
    with pytest.raises(kind) as error:
        ask(client, fragile, f"fail {status}")
    assert "canary" not in str(error.value) and error.value.request_id


def test_errors_of_ours_have_their_class(client, server, scripted):
    with pytest.raises(anthropic.AuthenticationError):
        ask(anthropic.Anthropic(base_url=server.url, api_key="nxs_live_wrong", max_retries=0), scripted, "say a")
    with pytest.raises(anthropic.NotFoundError):
        ask(client, {"chat": "no-such-model"}, "say a")
    with pytest.raises(anthropic.BadRequestError):
        client.messages.create(model=scripted["chat"], max_tokens=64, messages=[])


def test_a_broken_stream_raises(client, fragile):
    with pytest.raises(anthropic.APIStatusError):
        list(ask(client, fragile, "cut", stream=True, tools=[TOOL]))


def test_leaving_a_stream_frees_the_provider(client, fragile, upstream):
    before = gone(upstream)
    with client.messages.stream(model=fragile["chat"], max_tokens=64, messages=[{"role": "user", "content": "stall"}]) as stream:
        next(iter(stream.text_stream))
    wait_until(lambda: gone(upstream) > before)


def test_a_client_that_times_out_frees_the_provider(client, fragile, upstream):
    before = gone(upstream)
    with pytest.raises(anthropic.APITimeoutError):
        ask(client.with_options(timeout=1), fragile, "stall")
    wait_until(lambda: gone(upstream) > before)


def test_lists_models_page_by_page(client, scripted):
    first = client.models.list(limit=2)
    assert len(first.data) == 2 and first.has_more and (first.first_id, first.last_id) == (first.data[0].id, first.data[1].id)
    everything = list(client.models.list(limit=2))  # the client asks for page after page
    ids = [m.id for m in everything]
    assert scripted["chat"] in ids and len(ids) == len(set(ids)) > 2
    assert all(m.type == "model" and m.display_name and m.created_at.year == 1970 for m in everything)
    last = client.models.list(limit=1, before_id=ids[2])
    assert [m.id for m in last.data] == [ids[1]] and last.has_more


def test_describes_a_model(client, scripted):
    found = client.models.retrieve(scripted["chat"])
    assert (found.id, found.type) == (scripted["chat"], "model") and found.max_input_tokens > 100_000
    with pytest.raises(anthropic.NotFoundError):
        client.models.retrieve("no-such-model")
    with pytest.raises(anthropic.BadRequestError):
        client.models.list(after_id="no-such-model")


def test_the_older_way_to_sign_in(server, key, scripted):
    bearer = anthropic.Anthropic(base_url=server.url, auth_token=key, api_key=None, max_retries=0)
    assert ask(bearer, scripted, "say a").content[0].text == "a"
    assert bearer.models.list(limit=1).data[0].type == "model"
