// The scripted provider of a journey: an OpenAI-compatible server on a real
// socket that answers each model in its own way.
import { createServer, type Server as Listener } from "node:http";
import type { AddressInfo } from "node:net";

export const answer = "The tide is in.";
export const usage = { prompt_tokens: 12, completion_tokens: 5 };

export class Upstream {
  private readonly listener: Listener = createServer((request, response) => {
    let body = "";
    request.on("data", (piece: Buffer) => (body += piece.toString()));
    request.on("end", () => {
      if (body.includes('"shaky"')) return void response.writeHead(503, { "Content-Type": "application/json" }).end('{"error":{"message":"overloaded","type":"server_error"}}');
      response.writeHead(200, { "Content-Type": "text/event-stream", "X-Request-Id": "up-1" });
      for (const chunk of [{ choices: [{ index: 0, delta: { role: "assistant", content: answer } }] }, { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }, { choices: [], usage }]) response.write(`data: ${JSON.stringify({ id: "c", ...chunk })}\n\n`);
      response.end("data: [DONE]\n\n");
    });
  });

  /** Starts, and returns the base URL. */
  async start(): Promise<string> {
    await new Promise<void>((done) => this.listener.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}/v1`;
  }

  stop(): void {
    this.listener.closeAllConnections();
    this.listener.close();
  }
}
