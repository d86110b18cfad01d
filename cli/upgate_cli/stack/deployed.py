"""A deployed stack, found through CloudFormation with the user's own AWS credentials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from upgate_cli.errors import CommandError

if TYPE_CHECKING:
    import boto3

_MISSING_STACK = "does not exist"


@dataclass(frozen=True, slots=True)
class DeployedStack:
    """A stack's outputs and parameters, and the session that found it."""

    name: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    session: boto3.Session

    def output(self, name: str) -> str:
        """One output.

        Raises:
            CommandError: the stack has none of this name.
        """
        try:
            return self.outputs[name]
        except KeyError:
            raise CommandError(
                f"the stack {self.name} has no output {name}: is it an Upgate stack?"
            ) from None


@contextmanager
def deployed_stack(name: str) -> Iterator[DeployedStack]:
    """The stack of a name; AWS errors inside the block become sentences.

    AWS_PROFILE, AWS_REGION and AWS_ENDPOINT_URL mean what they mean to every AWS tool.

    Raises:
        CommandError: no credentials, no region, no such stack, not allowed.
    """
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        session = boto3.Session()
        found = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        outputs = {item["OutputKey"]: item["OutputValue"] for item in found.get("Outputs", [])}
        parameters = {
            item["ParameterKey"]: item["ParameterValue"] for item in found.get("Parameters", [])
        }
        yield DeployedStack(name, outputs, parameters, session)
    except ClientError as error:
        details = error.response["Error"]
        raise CommandError(
            _refused(name, details.get("Code", ""), details.get("Message", ""))
        ) from error
    except BotoCoreError as error:
        raise CommandError(_failed(error)) from error


def _refused(name: str, code: str, message: str) -> str:
    if code == "ValidationError" and _MISSING_STACK in message:
        return f"no stack {name} in this account and region: check --stack, AWS_PROFILE, AWS_REGION"
    return f"AWS refused: {code}: {message}; check AWS_PROFILE and what it is allowed to do"


def _failed(error: Exception) -> str:
    advice = {
        "NoCredentialsError": "no AWS credentials: set AWS_PROFILE, or run `aws configure`",
        "NoRegionError": "no AWS region: set AWS_REGION or AWS_DEFAULT_REGION",
        "ProfileNotFound": "no such AWS profile: check AWS_PROFILE",
        "EndpointConnectionError": "AWS cannot be reached: check the network and AWS_ENDPOINT_URL",
    }
    return advice.get(type(error).__name__) or f"AWS: {error}"
