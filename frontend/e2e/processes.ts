// The real programs of a journey: nexusd, nexusctl and the desktop.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const bin = resolve(import.meta.dirname, "../../bin");

/** The starter model of every journey: the small one. */
export const model = "qwen2.5-coder-0.5b";
export const owner = { email: "ana@acme.test", password: "correct horse battery staple" };

// The journeys' scripted providers are on this machine.
const env = { ...process.env, NEXUS_CHAT_MODEL: model, NEXUS_ALLOW_NET: "127.0.0.1" };

/** A folder that goes away with the returned function. */
export function folder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "nexus-e2e-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A running program whose standard output is read line by line. */
export class Program {
  readonly lines: string[] = [];
  private constructor(
    readonly process: ChildProcess,
    private readonly log: string,
  ) {}

  static start(name: string, args: string[], log: string, more: NodeJS.ProcessEnv = {}): Program {
    const child = spawn(join(bin, name), args, { env: { ...env, ...more }, stdio: ["ignore", "pipe", openSync(log, "a")] });
    const program = new Program(child, log);
    if (child.stdout) createInterface({ input: child.stdout }).on("line", (line) => program.lines.push(line));
    return program;
  }

  /** The first line of standard output that matches, as its match. */
  async line(pattern: RegExp, withinMs = 120_000): Promise<RegExpMatchArray> {
    const end = Date.now() + withinMs;
    while (Date.now() < end) {
      const match = this.lines.map((line) => line.match(pattern)).find((found) => found !== null);
      if (match) return match;
      if (this.process.exitCode !== null) break;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`no line ${pattern}; it said ${this.lines.join("\n")}\n${readFileSync(this.log, "utf8").slice(-3000)}`);
  }

  async signal(name: NodeJS.Signals): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = once(this.process, "exit");
    this.process.kill(name);
    await exited;
  }
}

/** nexusd on a data folder; it may be stopped and started again on its port. */
export class Server {
  private program: Program | undefined;
  url = "";

  constructor(private readonly home: string) {}

  get data(): string {
    return join(this.home, "server");
  }

  async start(): Promise<void> {
    const listen = this.url === "" ? "127.0.0.1:0" : new URL(this.url).host;
    this.program = Program.start("nexusd", ["serve", "--data", this.data, "--listen", listen], join(this.home, "nexusd.log"));
    this.url = (await this.program.line(/^listening on (http:\/\/127\.0\.0\.1:\d+)$/))[1] ?? "";
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    await this.program?.signal(signal);
  }

  /** Runs nexusctl on this server's data and returns what it printed. */
  ctl(words: string[], input = ""): string {
    return execFileSync(join(bin, "nexusctl"), ["--data", this.data, ...words], { env, input, encoding: "utf8", timeout: 60_000 }).trim();
  }

  createTenant(): void {
    this.ctl(["tenant", "create", "--name", "Acme", "--owner", owner.email], `${owner.password}\n`);
  }
}

/** The desktop in browser mode on a data folder of its own. */
export class Desktop {
  private program: Program | undefined;
  link = "";

  constructor(
    private readonly home: string,
    private readonly server: Server,
    private readonly name = "desktop",
  ) {}

  async start(): Promise<void> {
    const login = join(this.home, `${this.name}.login.json`);
    execFileSync("sh", ["-c", `umask 077; printf '%s' '${JSON.stringify(owner)}' > '${login}'`]);
    const args = ["--browser", "--data", join(this.home, this.name), "--server", this.server.url, "--login-file", login];
    this.program = Program.start("nexusai", args, join(this.home, `${this.name}.log`), { DISPLAY: "", WAYLAND_DISPLAY: "" });
    this.link = (await this.program.line(/(http:\/\/127\.0\.0\.1:\d+\/#token=\S+)/))[1] ?? "";
  }

  /** kill -9, as a crash or a pulled plug does. */
  async crash(): Promise<void> {
    await this.program?.signal("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.program?.signal("SIGTERM");
  }
}
