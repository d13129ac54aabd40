"""Reranking over plain HTTP, before a scripted Cohere."""

import json
import urllib.error
import urllib.request

import pytest

from conftest import logged, price, provide

DOCUMENTS = ["a b", "sea sea", "sea", "sea sea sea"]


@pytest.fixture(scope="module", autouse=True)
def models(server, upstream):
    """Two of a model whose price the catalogue does not know: one has been given one."""
    for name in ("rank", "rank-unpriced"):
        provide(server, "cohere", name, upstream + "/v1", {"id": name, "upstream": "rerank-v4.0-pro", "kind": "rerank"})
    price(server, "rank", "rerank-v4.0-pro", search_nano_usd=2_000_000)


def rank(server, key, **more):
    request = urllib.request.Request(server.url + "/v1/rerank", json.dumps({"model": "rank", "query": "sea", "documents": DOCUMENTS} | more).encode(),
                                     {"Authorization": "Bearer " + key, "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer), answer.headers


def refused(server, key, **more):
    with pytest.raises(urllib.error.HTTPError) as error:
        rank(server, key, **more)
    return error.value.code, json.load(error.value)["error"]


def test_ranks(server, key):
    got, headers = rank(server, key)
    assert [(r["index"], r["relevance_score"]) for r in got["results"]] == [(3, 0.3), (1, 0.2), (2, 0.1), (0, 0)]
    assert got["meta"]["billed_units"]["search_units"] == 1
    row = logged(server, headers["x-request-id"])
    assert (row["operation"], row["state"], row["cost_nano_usd"]) == ("rerank", "ok", 2_000_000)


def test_what_nobody_knows_the_price_of_is_refused(server, key):
    status, error = refused(server, key, model="rank-unpriced")
    assert (status, error["code"]) == (402, "unpriced_model") and "Ask an administrator" in error["message"]


def test_the_best_alone(server, key):
    assert [r["index"] for r in rank(server, key, top_n=1)[0]["results"]] == [3]


@pytest.mark.parametrize(("more", "status", "param"), [
    ({"documents": []}, 400, "documents"), ({"documents": "sea"}, 400, "documents"), ({"query": ""}, 400, "query"),
    ({"top_n": -1}, 400, "top_n"), ({"model": "no-such-model"}, 404, "model")])
def test_a_bad_request_is_named(server, key, more, status, param):
    code, error = refused(server, key, **more)
    assert (code, error["param"]) == (status, param)


def test_a_bad_key(server):
    assert refused(server, "nxs_live_wrong")[0] == 401
