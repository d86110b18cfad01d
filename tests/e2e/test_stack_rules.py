"""Parameters that contradict each other, on the deployed stack."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.e2e.conftest import Gateway
from upgate_cli.local.stack import STACK_NAME

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"PublicUrl": "", "Domain": "up.example.com"}, "Domain needs CertificateArn"),
        ({"JwtIssuer": "https://id.example.com"}, "JwtIssuer needs JwtAudience"),
        ({"CallbackConcurrency": "00"}, "0 to 9999"),
    ],
)
def test_change_that_contradicts_itself_is_refused_with_a_sentence(
    gateway: Gateway, given: dict[str, str], sentence: str
) -> None:
    formation = gateway.aws("cloudformation")
    stack = formation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    standing = {item["ParameterKey"] for item in stack["Parameters"]} - given.keys()
    with pytest.raises(ClientError, match=sentence):
        formation.create_change_set(
            StackName=STACK_NAME,
            ChangeSetName="contradiction",
            UsePreviousTemplate=True,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[{"ParameterKey": name, "UsePreviousValue": True} for name in standing]
            + [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
        )
