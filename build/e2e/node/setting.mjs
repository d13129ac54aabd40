// What test_node_clients.py says about the server that runs.
import { setTimeout } from "node:timers/promises";

function need(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run build/e2e/test_node_clients.py`);
  return value;
}

export const url = need("NEXUS_URL");
export const key = need("NEXUS_KEY");
export const model = need("NEXUS_MODEL");
export const fragile = need("NEXUS_FRAGILE").split(",");
export const embedding = need("NEXUS_EMBEDDING");
export const wire = need("NEXUS_WIRE");
const upstream = need("NEXUS_UPSTREAM");

export const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

/** How many callers have left a stalled answer of the provider. */
export async function gone() {
  return Number(await (await fetch(upstream + "/gone")).text());
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
