"""A real nexusd on a fresh data folder, with a tenant and a key."""

import json
import os
import pathlib
import secrets
import signal
import subprocess
import time
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
        self.tokens = {}
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
        """A token, of five minutes ago at most: signing in is slow on purpose."""
        token, since = self.tokens.get(owner, ("", 0.0))
        if not token or time.monotonic() - since > 300:
            token = self.fresh_token(owner)
            self.tokens[owner] = token, time.monotonic()
        return token

    def fresh_token(self, owner: str) -> str:
        device = {"id": "0192f3a4-7b1c-7def-8123-456789abcdef", "name": "contract test"}
        return self.call("POST", "/api/auth/login", {"email": owner, "password": PASSWORD, "device": device})["access_token"]

    def keep_responses(self, on: bool) -> None:
        self.call("PUT", "/api/admin/contents", token=self.sign_in(), body={"keep": False, "responses": on, "days": 30, "readers": ["owner"]})

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    started = Server(tmp_path_factory.mktemp("nexus") / "server")
    try:
        started.ctl("tenant", "create", "--name", "Acme", "--owner", OWNER, stdin=PASSWORD + "\n")
        started.keep_responses(True)
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


# A model of each kind of provider that can do all that is asked, and where its API begins.
KNOWN = {"openai": ("gpt-4o", "/v1"), "anthropic": ("claude-sonnet-4-5", "/v1"), "gemini": ("gemini-2.5-flash", "/v1beta")}
PRICE = {"input_nano_usd": 1000, "output_nano_usd": 1000}


def provide(server, kind: str, name: str, base_url: str, *models: dict) -> None:
    server.call("POST", "/api/admin/providers", token=server.sign_in(), body={
        "name": "Scripted " + name, "kind": kind, "base_url": base_url, "api_key": "canary-upstream-key", "models": models})


def price(server, name: str, upstream: str, **rates: int) -> None:
    """Sets a price by hand: the catalogue's are the vendors', at their own addresses."""
    token = server.sign_in()
    provider = next(p["id"] for p in server.get("/api/admin/providers", token) if p["name"] == "Scripted " + name)
    server.call("POST", "/api/admin/prices", token=token, body={"provider_id": provider, "upstream": upstream} | rates)


def offer(server, upstream: str, wire: str, name: str) -> dict[str, str]:
    """The models of a new scripted provider, by what they are for, and its wire."""
    known, path = KNOWN[wire]
    models = {"wire": wire, "chat": name + "-chat", "embed": "openai-embed"}
    offered = [{"id": models["chat"], "upstream": known, "kind": "chat"} | PRICE]
    if name == "openai":  # the others have no embeddings, or are asked for none: this one's are used
        offered.append({"id": models["embed"], "upstream": "up-embed", "kind": "embedding"} | PRICE)
    provide(server, wire, name, upstream + path, *offered)
    return models


@pytest.fixture(scope="session", params=["openai", "anthropic", "gemini"])
def scripted(request, server, upstream) -> dict[str, str]:
    return offer(server, upstream, request.param, request.param)


@pytest.fixture
def fragile(scripted, server, upstream) -> dict[str, str]:
    """A provider of one test, whose failures put no other out of work."""
    return offer(server, upstream, scripted["wire"], f"fragile-{secrets.token_hex(4)}")


def key_of(server) -> tuple[str, str]:
    """A key of its own for one test, and its id."""
    name = "key " + secrets.token_hex(4)
    secret = server.ctl("key", "create", "--tenant", "acme", "--name", name)
    return secret, next(k["id"] for k in server.get("/api/admin/keys", server.sign_in()) if k["name"] == name)


def logged(server, answer_id: str) -> dict:
    """What the log says of a request, once it has ended."""
    token = server.sign_in()
    for _ in range(100):
        found = server.get("/api/admin/logs?q=" + answer_id, token)["items"]
        if found and found[0]["state"] != "running":
            return found[0]
        time.sleep(0.05)
    raise AssertionError("the log has no " + answer_id)


@pytest.fixture
def spent(server) -> str:
    """A key whose budget of the day is used up."""
    secret, key_id = key_of(server)
    server.call("POST", "/api/admin/budgets", token=server.sign_in(), body={
        "holder_kind": "key", "holder_id": key_id, "period": "day", "amount_nano_usd": 0, "contact": "finance@acme.test"})
    return secret


def once(server, seconds: int) -> str:
    """A key that may ask once in so many seconds."""
    secret, key_id = key_of(server)
    server.call("POST", "/api/admin/limits", token=server.sign_in(), body={
        "holder_kind": "key", "holder_id": key_id, "measure": "requests", "amount": 1, "window_seconds": seconds})
    return secret


@pytest.fixture
def limited(server) -> str:
    return once(server, 60)


@pytest.fixture
def paced(server) -> str:
    return once(server, 2)


@pytest.fixture(scope="session")
def key(server) -> str:
    return server.ctl("key", "create", "--tenant", "acme", "--name", "ci")
