// The official Anthropic client for Node.
import assert from "node:assert/strict";
import test from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { all, fragile, gone, key, limited, model, paced, pixel, spent, until, url, wire } from "./setting.mjs";

const client = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0, timeout: 30_000 });
const max_tokens = 64;
const says = (content) => [{ role: "user", content }];
const tools = [{ name: "look", input_schema: { type: "object", properties: { at: { type: "string" } } } }];

test("messages", async () => {
  const answer = await client.messages.create({ model, max_tokens, messages: says("say hello there") });
  assert.equal(answer.content[0].text, "hello there");
  assert.equal(answer.stop_reason, "end_turn");
  assert.deepEqual([answer.usage.input_tokens, answer.usage.output_tokens], [5, 3]);
  assert.ok(answer._request_id);
});

test("events come in order", async () => {
  const events = await all(await client.messages.create({ model, max_tokens, messages: says("say hello there"), stream: true }));
  assert.deepEqual(events.map((e) => e.type).filter((t) => t !== "ping"), [
    "message_start", "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop", "message_delta", "message_stop",
  ]);
  const whole = await client.messages.stream({ model, max_tokens, messages: says("say hello there") }).finalMessage();
  assert.equal(whole.content[0].text, "hello there");
  assert.equal(whole.usage.output_tokens, 3);
});

test("tools make the round trip", async () => {
  const messages = says('call look {"at":"sea"}');
  const asked = await client.messages.create({ model, max_tokens, messages, tools });
  const call = asked.content.at(-1);
  assert.equal(asked.stop_reason, "tool_use");
  assert.deepEqual([call.name, call.input], ["look", { at: "sea" }]);
  messages.push({ role: "assistant", content: asked.content }, { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "blue" }] });
  const told = await client.messages.create({ model, max_tokens, messages, tools });
  assert.equal(told.content[0].text, "result: blue");
});

test("follows a schema", async () => {
  const schema = { type: "object", properties: { answer: { type: "integer" } }, required: ["answer"], additionalProperties: false };
  const answer = await client.messages.create({ model, max_tokens, messages: says("json"), output_config: { format: { type: "json_schema", schema } } });
  assert.deepEqual(JSON.parse(answer.content[0].text), { answer: 42 });
});

test("sees images", async () => {
  const image = { type: "image", source: { type: "base64", media_type: "image/png", data: pixel } };
  const answer = await client.messages.create({ model, max_tokens, messages: says([{ type: "text", text: "images" }, image]) });
  assert.equal(answer.content[0].text, "images: 1");
});

test("counts tokens", async () => {
  const counted = await client.messages.countTokens({ model, messages: says("12345678") });
  assert.equal(counted.input_tokens, wire === "openai" ? 6 : 42); // counted there, or by the stated rule
});

test("lists and describes models", async () => {
  const found = await all(client.models.list({ limit: 2 })); // it asks for page after page
  assert.ok(found.length > 2 && found.every((m) => m.type === "model" && m.display_name && m.created_at));
  assert.equal((await client.models.retrieve(model)).id, model);
  await assert.rejects(client.models.retrieve("no-such-model"), Anthropic.NotFoundError);
});

test("a spent budget is not tried again, a limit is waited for", async () => {
  const asks = (apiKey, maxRetries) => new Anthropic({ baseURL: url, apiKey, maxRetries, timeout: 30_000 }).messages.create({ model, max_tokens, messages: says("say a") });
  await assert.rejects(asks(spent, 3), (e) => {
    assert.ok(e instanceof Anthropic.APIError && e.status === 402);
    assert.match(e.message, /billing_error.*daily budget of this key .* begins anew at .* Ask finance@acme\.test/);
    return true;
  });
  await asks(limited, 0);
  await assert.rejects(asks(limited, 0), Anthropic.RateLimitError);
  await asks(paced, 0);
  await asks(paced, 3);
});

test("errors have their class", async () => {
  const stranger = new Anthropic({ baseURL: url, apiKey: "nxs_live_wrong", maxRetries: 0 });
  await assert.rejects(stranger.messages.create({ model, max_tokens, messages: says("x") }), Anthropic.AuthenticationError);
  await assert.rejects(client.messages.create({ model: "no-such-model", max_tokens, messages: says("x") }), Anthropic.NotFoundError);
  await assert.rejects(client.messages.create({ model, max_tokens, messages: [] }), Anthropic.BadRequestError);
  await assert.rejects(client.messages.create({ model: fragile[4], max_tokens, messages: says("fail 429") }), Anthropic.RateLimitError);
});

test("a broken stream raises", async () => {
  await assert.rejects(async () => all(await client.messages.create({ model: fragile[5], max_tokens, messages: says("cut"), stream: true, tools })), Anthropic.APIError);
});

test("leaving a stream frees the provider", async () => {
  const before = await gone();
  const stream = await client.messages.create({ model: fragile[6], max_tokens, messages: says("stall"), stream: true });
  for await (const event of stream) if (event.type === "content_block_delta") break;
  await until(async () => (await gone()) > before);
});
