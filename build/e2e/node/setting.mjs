// What test_node_clients.py says about the server that runs.
import { setTimeout } from "node:timers/promises";

function need(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run build/e2e/test_node_clients.py`);
  return value;
}

export const url = need("NEXUS_URL");
export const key = need("NEXUS_KEY");
export const spent = need("NEXUS_SPENT"); // a key whose budget is used up
export const limited = need("NEXUS_LIMITED"); // one that may ask once a minute
export const paced = need("NEXUS_PACED"); // one that may ask once in two seconds
export const model = need("NEXUS_MODEL");
export const fragile = need("NEXUS_FRAGILE").split(",");
export const embedding = need("NEXUS_EMBEDDING");
export const wire = need("NEXUS_WIRE");
const upstream = need("NEXUS_UPSTREAM");
export const ear = "node-hear";
export const mouth = "node-say";

export const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

/** How many callers have left a stalled answer of the provider. */
export async function gone() {
  return Number(await (await fetch(upstream + "/gone")).text());
}

/** Tells the provider that somebody has heard the first word of a speech. */
export async function heard() {
  await fetch(upstream + "/heard", { method: "POST" });
}

export async function until(true_, within = 20_000) {
  for (const end = Date.now() + within; !(await true_()); await setTimeout(50)) {
    if (Date.now() > end) throw new Error("it did not come true");
  }
}

export async function all(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}
