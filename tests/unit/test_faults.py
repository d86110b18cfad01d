from __future__ import annotations

from botocore.exceptions import ClientError

from upgate_aws import faults


def caught() -> Exception:
    try:
        try:
            raise KeyError("a client's own word")
        except KeyError as error:
            raise RuntimeError("and another") from error
    except RuntimeError as error:
        return error


def test_a_fault_is_told_by_kinds_and_places() -> None:
    found = faults.describe(caught())
    assert found["types"] == ["RuntimeError", "KeyError"]
    assert str(found["frames"]).startswith("['test_faults.py:")
    assert str(found["frames"]).endswith(" caught']")


def test_a_fault_is_told_without_its_message() -> None:
    assert "word" not in str(faults.describe(caught()))


def test_a_refusal_of_a_service_is_told_without_its_message() -> None:
    response = {"Error": {"Code": "AccessDenied", "Message": "no k for you"}}
    error = ClientError(response, "PutObject")  # type: ignore[arg-type]
    assert faults.cause(error) == {
        "type": "ClientError",
        "operation": "PutObject",
        "code": "AccessDenied",
        "status": None,
    }


def test_silence_is_told_by_its_type() -> None:
    assert faults.cause(TimeoutError())["type"] == "TimeoutError"
