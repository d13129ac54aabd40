"""OpenAI's audio with its official client: transcripts in every form, and speech while it is spoken."""

import secrets
import urllib.request

import httpx2  # the client's own
import openai
import pytest

from conftest import PRICE, logged, price, provide
from test_openai_wires import gone, wait_until

# Who hears: a model that streams and is billed by tokens, one that does neither, and two providers whose answers
# are translated.
HEARS = ["hear", "hear-by-time", "hear-here", "hear-mistral"]


@pytest.fixture(scope="module", autouse=True)
def models(server, upstream):
    hear, say = {"kind": "transcription"}, {"kind": "speech"}
    provide(server, "openai", "sound", upstream + "/v1",
            {"id": "hear", "upstream": "gpt-4o-transcribe"} | hear, {"id": "hear-by-time", "upstream": "whisper-1"} | hear,
            {"id": "say", "upstream": "tts-1"} | say, {"id": "say-by-token", "upstream": "gpt-4o-mini-tts"} | say)
    price(server, "sound", "gpt-4o-transcribe", input_nano_usd=2_500_000_000, output_nano_usd=10_000_000_000)
    price(server, "sound", "whisper-1", minute_nano_usd=6_000_000)
    price(server, "sound", "tts-1", char_nano_usd=15_000_000_000)
    price(server, "sound", "gpt-4o-mini-tts", input_nano_usd=600_000_000, audio_out_nano_usd=12_000_000_000)
    provide(server, "whisper", "whisper", upstream + "/v1", {"id": "hear-here", "upstream": "base"} | hear | PRICE)
    provide(server, "mistral", "voxtral", upstream + "/v1", {"id": "hear-mistral", "upstream": "voxtral"} | hear | PRICE)


@pytest.fixture
def fragile(server, upstream) -> dict[str, str]:
    """Models of one test, whose failures put no other out of work."""
    name = "fragile-" + secrets.token_hex(4)
    found = {"hear": name + "-hear", "say": name + "-say"}
    provide(server, "openai", name, upstream + "/v1", {"id": found["hear"], "upstream": "ear", "kind": "transcription"} | PRICE,
            {"id": found["say"], "upstream": "mouth", "kind": "speech"} | PRICE)
    return found


@pytest.fixture(scope="module")
def client(server, key):
    return openai.OpenAI(base_url=server.url + "/v1", api_key=key, timeout=30, max_retries=0)


def hear(client, model, said="say hello there", **more):
    return client.audio.transcriptions.create(model=model, file=("speech.wav", said.encode()), **more)


@pytest.mark.parametrize("model", HEARS)
def test_transcribes_in_every_form(client, model):
    assert hear(client, model).text == "hello there"
    assert hear(client, model, response_format="json").text == "hello there"
    assert hear(client, model, response_format="text").strip() == "hello there"
    assert hear(client, model, response_format="srt").strip() == "1\n00:00:00,500 --> 00:00:02,250\nhello there"
    assert hear(client, model, response_format="vtt").strip() == "WEBVTT\n\n00:00:00.500 --> 00:00:02.250\nhello there"
    whole = hear(client, model, response_format="verbose_json", timestamp_granularities=["word", "segment"])
    assert (whole.text, whole.language, float(whole.duration)) == ("hello there", "english", 90)
    assert [(s.start, s.end, s.text) for s in whole.segments] == [(0.5, 2.25, "hello there")]
    assert [(w.start, w.end, w.word) for w in whole.words] == [(0.5, 2.25, "hello there")]


def test_tells_who_speaks(client):
    whole = hear(client, "hear", response_format="diarized_json")
    assert (whole.text, whole.segments[0].speaker, whole.segments[0].id) == ("hello there", "A", "seg_0")
    with pytest.raises(openai.BadRequestError):
        hear(client, "hear-here", response_format="diarized_json")


@pytest.mark.parametrize("model", HEARS)
def test_streams_a_transcript(client, server, model):
    stream = hear(client, model, stream=True)
    events = list(stream)
    assert [e.type for e in events] == ["transcript.text.delta"] * (len(events) - 1) + ["transcript.text.done"]
    assert [e.delta for e in events[:-1]] == (["hello ", "there"] if model == "hear" else ["hello there"])
    assert events[-1].text == "hello there"
    if model == "hear":
        assert events[-1].usage.input_token_details.audio_tokens == 10
    assert logged(server, stream.response.headers["x-request-id"])["streamed"]


def test_only_some_forms_can_be_streamed(client):
    with pytest.raises(openai.BadRequestError) as error:
        hear(client, "hear", stream=True, response_format="srt")
    assert error.value.param == "response_format"


def test_a_transcript_is_billed_as_its_vendor_does(client, server):
    by_token = hear(client, "hear", stream=True)
    list(by_token)
    # 14 tokens of input at $2.50 a million, 3 of output at $10; 90 seconds at $0.006 a minute.
    for request_id, nano in [(by_token.response.headers["x-request-id"], 65_000), (hear(client, "hear-by-time")._request_id, 9_000_000)]:
        row = logged(server, request_id)
        assert (row["operation"], row["cost_nano_usd"], row.get("estimated", False)) == ("transcriptions", nano, False)


def test_a_broken_transcript_raises(client, fragile):
    told = []
    with pytest.raises(openai.APIError) as error:
        for event in hear(client, fragile["hear"], "cut", stream=True):
            told.append(event.delta)
    assert told == ["one", " two"] and error.value.code == "upstream_failed"


def test_what_is_no_recording_is_refused(client):
    with pytest.raises(openai.BadRequestError) as error:
        hear(client, "hear", "")
    assert error.value.param == "file"
    with pytest.raises(openai.NotFoundError):
        hear(client, "no-such-model")


def test_speech_is_heard_while_it_is_spoken(client, server, upstream):
    with client.audio.speech.with_streaming_response.create(model="say", voice="nova", input="wait hello there") as answer:
        pieces = answer.iter_bytes()
        assert next(pieces) == b"hello "
        urllib.request.urlopen(urllib.request.Request(upstream + "/heard", method="POST"), timeout=10).close()
        assert b"".join(pieces) == b"there"
        assert answer.headers["content-type"] == "audio/mpeg"
    row = logged(server, answer.headers["x-request-id"])
    # 16 characters at $15 a million.
    assert (row["state"], row["streamed"], row["cost_nano_usd"]) == ("ok", True, 240_000) and row["first_token_ms"] > 0


def test_speech_as_a_whole_and_by_the_token(client, server):
    assert client.audio.speech.create(model="say", voice="nova", input="say hello there").read() == b"hello there"
    events = client.audio.speech.with_raw_response.create(model="say-by-token", voice="nova", input="say a", stream_format="sse")
    assert b'"speech.audio.done"' in events.content
    # 4 tokens of text at $0.60 a million, 20 of sound at $12.
    assert logged(server, events.headers["x-request-id"])["cost_nano_usd"] == 242_400


def test_half_a_speech_raises(client, fragile, server):
    with pytest.raises((openai.APIError, httpx2.TransportError)):
        with client.audio.speech.with_streaming_response.create(model=fragile["say"], voice="nova", input="cut") as answer:
            assert answer.read() != b"one two"
    row = logged(server, answer.headers["x-request-id"])
    assert (row["state"], row["error_code"]) == ("failed", "upstream.failed") and row["cost_nano_usd"] > 0


def test_leaving_a_speech_frees_the_provider(client, fragile, upstream):
    before = gone(upstream)
    with client.audio.speech.with_streaming_response.create(model=fragile["say"], voice="nova", input="stall") as answer:
        assert next(answer.iter_bytes())
    wait_until(lambda: gone(upstream) > before)


@pytest.mark.parametrize(("status", "kind"), [(400, openai.BadRequestError), (429, openai.RateLimitError), (500, openai.InternalServerError)])
def test_errors_of_the_provider_have_their_class(client, fragile, status, kind):
    for ask in (
        lambda: hear(client, fragile["hear"], f"fail {status}", stream=True),
        lambda: client.audio.speech.create(model=fragile["say"], voice="nova", input=f"fail {status}"),
    ):
        with pytest.raises(kind) as error:
            ask()
        assert "canary" not in str(error.value) and error.value.request_id
