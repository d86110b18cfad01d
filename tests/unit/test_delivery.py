from __future__ import annotations

from upgate import limits
from upgate.callbacks.callback import CallbackAttempt, CallbackOutcome
from upgate.deliveries import delivery
from upgate.deliveries.delivery import DeliveryAttempt


def attempt(url: str, milliseconds: int, error: str = "e") -> CallbackAttempt:
    return CallbackAttempt(url=url, status=500, error=error, milliseconds=milliseconds)


def outcome(*attempts: CallbackAttempt) -> CallbackOutcome:
    return CallbackOutcome(accepted=False, body=b"", attempts=attempts)


def test_attempts_follow_each_other_up_to_the_end() -> None:
    found = delivery.attempts_of(outcome(attempt("http://a/", 30), attempt("http://b/", 20)), 1000)
    assert [item.started_at for item in found] == [950, 980]


def test_of_a_url_only_the_host_is_kept() -> None:
    [found] = delivery.attempts_of(outcome(attempt("https://u:p@a.example:8/x?token=1", 1)), 1)
    assert found.host == "a.example"


def test_error_is_kept_up_to_its_limit() -> None:
    most = limits.DELIVERY_ERROR_CHARACTERS
    [found] = delivery.attempts_of(outcome(attempt("http://a/", 1, "x" * (most + 1))), 1)
    assert found.error == "x" * most


def test_attempt_reads_back_from_its_item() -> None:
    made = DeliveryAttempt(started_at=5, host="a", status=0, milliseconds=7, error="no answer")
    request = (
        '{"urls":["http://a/"],"host":null,"body":"","content_type":"t","delivery_id":"u",'
        '"access_key":"k","budget_seconds":1,"is_notification":false}'
    )
    item = {
        "callback": {"S": request},
        "delivery": {"S": "owed"},
        "history": {"L": [delivery.to_item(made)]},
    }
    found = delivery.from_item("u", item)
    assert found is not None
    assert (found.attempts, found.rung) == ((made,), 0)


def test_intent_without_a_callback_has_no_delivery() -> None:
    assert delivery.from_item("u", {"operations": {"S": "avinfo"}}) is None
