"""The official clients for Node (build/e2e/node), against the same server."""

import os
import re
import secrets
import subprocess

import pytest

from conftest import PRICE, ROOT, offer, provide

NODE = ROOT / "build/e2e/node"


@pytest.fixture(scope="session", autouse=True)
def sounds(server, upstream):
    provide(server, "openai", "node sound", upstream + "/v1", {"id": "node-hear", "upstream": "ear", "kind": "transcription"} | PRICE,
            {"id": "node-say", "upstream": "mouth", "kind": "speech"} | PRICE)


@pytest.mark.parametrize("client", ["openai", "anthropic"])
def test_official_client(client, server, key, spent, limited, paced, scripted, upstream):
    doomed = [offer(server, upstream, scripted["wire"], f"doomed-{secrets.token_hex(4)}")["chat"] for _ in range(7)]
    env = os.environ | {
        "NEXUS_URL": server.url, "NEXUS_KEY": key, "NEXUS_MODEL": scripted["chat"], "NEXUS_EMBEDDING": scripted["embed"],
        "NEXUS_WIRE": scripted["wire"], "NEXUS_UPSTREAM": upstream, "NEXUS_FRAGILE": ",".join(doomed),
        "NEXUS_SPENT": spent, "NEXUS_LIMITED": limited, "NEXUS_PACED": paced}
    done = subprocess.run(["node", "--test", f"{client}.test.mjs"], cwd=NODE, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert int(re.search(r"# pass (\d+)|ℹ pass (\d+)", done.stdout).group(1) or 0) >= 8, done.stdout[-2000:]
