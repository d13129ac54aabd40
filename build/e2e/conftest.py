"""A real nexusd on a fresh data folder, with a tenant and a key."""

import json
import os
import pathlib
import secrets
import signal
import subprocess
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery staple"
OWNER = "ana@acme.test"
STARTER = "qwen2.5-coder-0.5b"


class Server:
    """nexusd and what a test needs to talk to it."""

    def __init__(self, data: pathlib.Path):
        self.data = data
        self.log = open(data.parent / "nexusd.log", "wb")
        env = dict(os.environ, NEXUS_CHAT_MODEL=STARTER)
        self.process = subprocess.Popen(
            [ROOT / "bin/nexusd", "serve", "--data", data, "--listen", "127.0.0.1:0", "--allow-net", "127.0.0.0/8"],
            stdout=subprocess.PIPE, stderr=self.log, env=env, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:"), (line, self.tail())
        self.url = line.removeprefix("listening on ").strip()

    def tail(self) -> str:
        self.log.flush()
        return pathlib.Path(self.log.name).read_text(errors="replace")[-3000:]

    def ctl(self, *words: str, stdin: str = "") -> str:
        done = subprocess.run([ROOT / "bin/nexusctl", "--data", self.data, *words],
                              input=stdin, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def call(self, method: str, path: str, body: dict | None = None, token: str = ""):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        if token:
            request.add_header("Authorization", "Bearer " + token)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def get(self, path: str, token: str):
        return self.call("GET", path, token=token)

    def delete(self, path: str, token: str):
        return self.call("DELETE", path, token=token)

    def sign_in(self, owner: str = OWNER) -> str:
        device = {"id": "0192f3a4-7b1c-7def-8123-456789abcdef", "name": "contract test"}
        return self.call("POST", "/api/auth/login", {"email": owner, "password": PASSWORD, "device": device})["access_token"]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    started = Server(tmp_path_factory.mktemp("nexus") / "server")
    try:
        started.ctl("tenant", "create", "--name", "Acme", "--owner", OWNER, stdin=PASSWORD + "\n")
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="session")
def upstream():
    """A provider over real sockets that does what the user's words ask (build/e2e/upstream)."""
    subprocess.run(["go", "build", "-o", "bin/upstream", "./build/e2e/upstream"], cwd=ROOT, check=True)
    process = subprocess.Popen([ROOT / "bin/upstream"], stdout=subprocess.PIPE, text=True)
    yield process.stdout.readline().removeprefix("listening on ").strip()
    process.terminate()
    process.wait(timeout=10)


def offer(server, upstream: str, wire: str, name: str) -> dict[str, str]:
    """The models of a new scripted provider, by what they are for, and its wire."""
    price = {"input_nano_usd": 1000, "output_nano_usd": 1000}
    models = {"wire": wire, "chat": name + "-chat", "embed": "openai-embed"}
    known = {"openai": "gpt-4o", "anthropic": "claude-sonnet-4-5"}  # models that can do all that is asked
    offered = [{"id": models["chat"], "upstream": known[wire], "kind": "chat"} | price]
    if name == "openai":  # Anthropic has no embeddings: this one's are used
        offered.append({"id": models["embed"], "upstream": "up-embed", "kind": "embedding"} | price)
    server.call("POST", "/api/admin/providers", token=server.sign_in(), body={
        "name": "Scripted " + name, "kind": wire, "base_url": upstream + "/v1", "api_key": "canary-upstream-key", "models": offered})
    return models


@pytest.fixture(scope="session", params=["openai", "anthropic"])
def scripted(request, server, upstream) -> dict[str, str]:
    return offer(server, upstream, request.param, request.param)


@pytest.fixture
def fragile(scripted, server, upstream) -> dict[str, str]:
    """A provider of one test, whose failures put no other out of work."""
    return offer(server, upstream, scripted["wire"], f"fragile-{secrets.token_hex(4)}")


@pytest.fixture(scope="session")
def key(server) -> str:
    return server.ctl("key", "create", "--tenant", "acme", "--name", "ci")
