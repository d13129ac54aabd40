"""Keys of providers, keys of callers and what people say show up nowhere."""

import json
import urllib.request

import openai
import pytest

PROMPT = "canary-prompt"


def test_nothing_secret_is_written_down(server, key, scripted, fragile):
    client = openai.OpenAI(base_url=server.url + "/v1", api_key=key, timeout=30, max_retries=0)

    def ask(model, words):
        return client.chat.completions.create(model=model, messages=[{"role": "user", "content": words}])

    assert ask(scripted["chat"], f"say canary-answer {PROMPT}").choices[0].message.content
    client.responses.create(model=scripted["chat"], input=f"say {PROMPT}")
    told = []
    for words in (f"fail 401 {PROMPT}", f"fail 400 {PROMPT}", f"fail 500 {PROMPT}"):
        with pytest.raises(openai.APIStatusError) as error:
            ask(fragile["chat"], words)
        told.append(str(error.value.body))
    with pytest.raises(openai.NotFoundError) as error:
        ask("no-such-model", PROMPT)
    told.append(str(error.value.body))
    with pytest.raises(openai.BadRequestError) as error:
        client.chat.completions.create(model=scripted["chat"], messages=[PROMPT])
    told.append(str(error.value.body))

    token = server.sign_in()
    server.log.flush()
    written = {
        "errors": "\n".join(told),
        "log": open(server.log.name, errors="replace").read(),
        "metrics": urllib.request.urlopen(server.url + "/metrics").read().decode(),
        "calls": json.dumps(server.get("/api/admin/logs", token)),
        "providers": json.dumps(server.get("/api/admin/providers", token)),
        "journals": "".join(p.read_text(errors="replace") for p in (server.data / "calls").rglob("*") if p.is_file()),
    }
    assert written["log"] and "nexus" in written["metrics"] and scripted["chat"] in written["calls"]
    for where, text in written.items():
        for canary in ("canary-upstream-key", "canary-answer", PROMPT, key):
            assert canary not in text, f"{canary} is in the {where}"
