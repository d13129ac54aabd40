// The official OpenAI client for Node on every surface.
import assert from "node:assert/strict";
import test from "node:test";
import OpenAI, { toFile } from "openai";
import { all, ear, embedding, fragile, gone, heard, key, limited, model, mouth, paced, pixel, spent, until, url } from "./setting.mjs";

const client = new OpenAI({ baseURL: url + "/v1", apiKey: key, maxRetries: 0, timeout: 30_000 });
const says = (content) => [{ role: "user", content }];
const tools = [{ type: "function", function: { name: "look", parameters: { type: "object", properties: { at: { type: "string" } } } } }];

test("chats", async () => {
  const answer = await client.chat.completions.create({ model, messages: says("say hello there") });
  assert.equal(answer.choices[0].message.content, "hello there");
  assert.equal(answer.choices[0].finish_reason, "stop");
  assert.deepEqual([answer.usage.prompt_tokens, answer.usage.completion_tokens], [7, 3]);
  assert.ok(answer._request_id);
});

test("streams with usage", async () => {
  const chunks = await all(await client.chat.completions.create({ model, messages: says("say hello there"), stream: true, stream_options: { include_usage: true } }));
  assert.equal(chunks.map((c) => c.choices[0]?.delta.content ?? "").join(""), "hello there");
  assert.deepEqual(chunks.at(-1).choices, []);
  assert.equal(chunks.at(-1).usage.prompt_tokens, 7);
});

test("tools make the round trip", async () => {
  const messages = says('call look {"at":"sea"}');
  const asked = (await client.chat.completions.create({ model, messages, tools })).choices[0];
  const [call] = asked.message.tool_calls;
  assert.equal(asked.finish_reason, "tool_calls");
  assert.deepEqual([call.function.name, call.function.arguments], ["look", '{"at":"sea"}']);
  messages.push(asked.message, { role: "tool", tool_call_id: call.id, content: "blue" });
  const told = await client.chat.completions.create({ model, messages, tools });
  assert.equal(told.choices[0].message.content, "result: blue");
});

test("follows a schema", async () => {
  const schema = { type: "object", properties: { answer: { type: "integer" } }, required: ["answer"], additionalProperties: false };
  const answer = await client.chat.completions.create({ model, messages: says("json"), response_format: { type: "json_schema", json_schema: { name: "a", strict: true, schema } } });
  assert.deepEqual(JSON.parse(answer.choices[0].message.content), { answer: 42 });
});

test("sees images", async () => {
  const image = { type: "image_url", image_url: { url: "data:image/png;base64," + pixel } };
  const answer = await client.chat.completions.create({ model, messages: says([{ type: "text", text: "images" }, image]) });
  assert.equal(answer.choices[0].message.content, "images: 1");
});

for (const encoding_format of ["float", "base64"]) {
  test(`embeds as ${encoding_format}`, async () => {
    const got = await client.embeddings.create({ model: embedding, input: ["a", "abc"], dimensions: 3, encoding_format });
    assert.deepEqual(got.data[1].embedding, encoding_format === "float" ? [3, 0, 0] : "AABAQAAAAAAAAAAA");
  });
}

test("events of a response come in order", async () => {
  const events = await all(await client.responses.create({ model, input: "say hello there", stream: true }));
  assert.deepEqual(events.map((e) => e.type.replace("response.", "")), [
    "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta", "output_text.delta",
    "output_text.done", "content_part.done", "output_item.done", "completed",
  ]);
  assert.deepEqual(events.map((e) => e.sequence_number), events.map((_, i) => i));
});

test("a response goes on", async () => {
  const first = await client.responses.create({ model, input: "say hello there" });
  assert.equal(first.output_text, "hello there");
  const second = await client.responses.create({ model, input: "say again", previous_response_id: first.id });
  assert.equal(second.output_text, "again");
});

const hear = async (more) => client.audio.transcriptions.create({ model: ear, file: await toFile(Buffer.from("say hello there"), "speech.wav"), ...more });

test("transcribes in every form", async () => {
  assert.equal((await hear({})).text, "hello there");
  assert.equal((await hear({ response_format: "text" })).trim(), "hello there");
  assert.match(await hear({ response_format: "srt" }), /^1\n00:00:00,500 --> 00:00:02,250\nhello there/);
  assert.match(await hear({ response_format: "vtt" }), /^WEBVTT\n/);
  assert.equal((await hear({ response_format: "verbose_json" })).segments[0].end, 2.25);
  assert.equal((await hear({ response_format: "diarized_json" })).segments[0].speaker, "A");
});

test("streams a transcript", async () => {
  const events = await all(await hear({ stream: true }));
  assert.deepEqual(events.map((e) => e.delta ?? e.text), ["hello ", "there", "hello there"]);
  assert.equal(events.at(-1).type, "transcript.text.done");
});

test("hears speech while it is spoken", async () => {
  const answer = await client.audio.speech.create({ model: mouth, voice: "nova", input: "wait hello there" });
  const text = new TextDecoder();
  let got = "";
  for await (const piece of answer.body) {
    if (got === "") await heard(); // the provider waits until then
    got += text.decode(piece);
  }
  assert.equal(got, "hello there");
});

test("a spent budget is not tried again, a limit is waited for", async () => {
  const asks = (apiKey, maxRetries) => new OpenAI({ baseURL: url + "/v1", apiKey, maxRetries, timeout: 30_000 }).chat.completions.create({ model, messages: says("say a") });
  await assert.rejects(asks(spent, 3), (e) => {
    assert.ok(e instanceof OpenAI.APIError && e.status === 402 && e.code === "insufficient_quota");
    assert.match(e.message, /daily budget of this key .* begins anew at .* Ask finance@acme\.test/);
    return true;
  });
  await asks(limited, 0);
  await assert.rejects(asks(limited, 0), OpenAI.RateLimitError);
  await asks(paced, 0);
  await asks(paced, 3);
});

test("errors have their class", async () => {
  const stranger = new OpenAI({ baseURL: url + "/v1", apiKey: "nxs_live_wrong", maxRetries: 0 });
  await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
  await assert.rejects(client.chat.completions.create({ model: "no-such-model", messages: says("x") }), OpenAI.NotFoundError);
  await assert.rejects(client.chat.completions.create({ model, messages: "x" }), OpenAI.BadRequestError);
  await assert.rejects(client.chat.completions.create({ model: fragile[0], messages: says("fail 429") }), (e) => {
    assert.ok(e instanceof OpenAI.RateLimitError);
    assert.equal(e.headers.get("retry-after"), "7");
    return true;
  });
});

test("a broken stream raises", async () => {
  const stream = await client.chat.completions.create({ model: fragile[1], messages: says("cut"), stream: true, tools });
  await assert.rejects(all(stream), OpenAI.APIError);
});

test("a broken response raises", async () => {
  const stream = await client.responses.create({ model: fragile[2], input: "cut", stream: true, tools: [{ type: "function", ...tools[0].function, strict: false }] });
  await assert.rejects(all(stream), OpenAI.APIError);
});

test("leaving a stream frees the provider", async () => {
  const before = await gone();
  const stream = await client.chat.completions.create({ model: fragile[3], messages: says("stall"), stream: true });
  for await (const _ of stream) break;
  await until(async () => (await gone()) > before);
});
