"""Facts of programs outside: who may tell them, once per idempotency key."""


def test_facts_are_looked_at_once_under_their_idempotency_key(caller):
    teller = caller("manager", "condition")
    body = {"variables": {"nobody_watches_this": 3}}
    first = teller.post("/conditions", body, key="facts-1")
    again = teller.post("/conditions", body, key="facts-1")
    assert (first.status_code, first.json) == (200, {"instances": []})
    assert again.json == first.json


def test_a_token_without_the_scope_is_refused(caller):
    answer = caller("manager", "api").post("/conditions", {"variables": {}})
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


def test_facts_need_their_variables(caller):
    answer = caller("manager", "condition").post("/conditions", {})
    assert answer.status_code == 422
    assert "variables" in answer.text
