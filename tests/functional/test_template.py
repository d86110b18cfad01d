"""What linters do not see in template.yaml (aws.md 7 and Appendix A, style guide "Template")."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from tests.fakes.cloudformation import NESTED
from upgate import limits
from upgate_aws.config.redelivery_config import redelivery_config
from upgate_cli.local.routes import routes_of
from upgate_cli.local.security import IamScheme, JwtScheme, Scheme
from upgate_cli.local.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
FUNCTIONS = {
    name: resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::Serverless::Function"
}

QUEUES = [name for name, item in RESOURCES.items() if item["Type"] == "AWS::SQS::Queue"]


class NoManagedPolicies:
    """The transform asks AWS for these; the template uses none."""

    def load(self) -> dict[str, str]:
        return {}


def statements(function: str) -> Iterator[dict[str, Any]]:
    for policy in FUNCTIONS[function].get("Policies", ()):
        yield from policy["Statement"]


def transformed_with(**parameters: str) -> dict[str, Any]:
    """The template as CloudFormation gets it."""
    template = yaml_parse((ROOT / "template.yaml").read_text())
    for resource in template["Resources"].values():  # transform() takes no local paths
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            resource["Properties"]["ContentUri"] = "s3://bucket/key"
        if resource["Type"] == NESTED:
            resource["Properties"]["TemplateURL"] = "https://bucket.s3.amazonaws.com/key"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        result: dict[str, Any] = transform(template, parameters, NoManagedPolicies())
    return result


@pytest.fixture(scope="module")
def transformed() -> dict[str, Any]:
    """With the parameters' defaults."""
    return transformed_with()


# One of each partition that stacks are made in; China's two regions differ from each other.
REGIONS = ("us-east-1", "cn-north-1", "cn-northwest-1", "us-gov-west-1")


def lint(template: Mapping[str, Any], path: Path, *regions: str) -> tuple[int, str]:
    """cfn-lint's exit status and complaints; it knows which types each region has."""
    path.write_text(json.dumps(template))
    done = subprocess.run(
        # W2001, a parameter without use: the transform itself has carried out Tracing by now.
        [
            *(Path(sys.executable).with_name("cfn-lint"), "-i", "W2001", "-t", path),
            *("-r", *regions),
        ],
        capture_output=True,
        text=True,
        timeout=300,  # four regions
    )
    return done.returncode, done.stdout


def test_transformed_template_is_lint_clean_in_every_partition(
    transformed: dict[str, Any], tmp_path: Path
) -> None:
    assert lint(transformed, tmp_path / "transformed.json", *REGIONS) == (0, "")


def test_distribution_is_lint_clean_where_there_is_cloudfront(tmp_path: Path) -> None:
    edge = yaml_parse((ROOT / "edge.yaml").read_text())
    assert lint(edge, tmp_path / "edge.json", "us-east-1", "ap-east-1") == (0, "")


@pytest.mark.parametrize("name", ["template.yaml", "edge.yaml"])
def test_no_arn_and_no_host_is_of_one_partition(name: str) -> None:
    """Service principals are the same everywhere, and parameters' patterns name no partition."""
    text = (ROOT / name).read_text()
    arns = [arn for arn in re.findall(r"arn:[^\s\"',]*", text) if not arn.startswith("arn:aws[")]
    assert arns or name == "edge.yaml"
    assert [arn for arn in arns if not arn.startswith("arn:${AWS::Partition}:")] == []
    hosts = re.findall(r"[\w$}.-]*amazonaws\.com[\w.]*", text)
    assert {host for host in hosts if not re.fullmatch(r"[a-z0-9]+\.amazonaws\.com", host)} == set()


def test_types_that_a_partition_lacks_are_told(transformed: dict[str, Any], tmp_path: Path) -> None:
    """So the check above can fail: a false condition does not hide the type."""
    edge = yaml_parse((ROOT / "edge.yaml").read_text())["Resources"]["EdgeAccess"]
    resources = transformed["Resources"] | {"EdgeAccess": edge | {"Condition": "HasCloudFront"}}
    spoilt = json.loads(
        json.dumps(transformed | {"Resources": resources}).replace('{"Ref": "Name"}', '"name"')
    )
    status, complaints = lint(spoilt, tmp_path / "spoilt.json", "cn-north-1")
    assert (status != 0, "AWS::CloudFront::OriginAccessControl" in complaints) == (True, True)


@pytest.mark.parametrize(("tracing", "count"), [("Active", len(FUNCTIONS)), ("Disabled", 0)])
def test_tracing_and_its_right_are_there_where_they_are_wanted(tracing: str, count: int) -> None:
    resources = transformed_with(Tracing=tracing)["Resources"]
    traced = [name for name in FUNCTIONS if "TracingConfig" in resources[name]["Properties"]]
    assert (len(traced), json.dumps(resources).count("AWSXray")) == (count, count)


def test_nothing_of_ours_is_imported_for_tracing() -> None:
    sources = [path.read_text() for path in (ROOT / "layers").rglob("upgate*/**/*.py")]
    assert len(sources) > 100
    assert not any("aws_xray_sdk" in text or "Tracer" in text for text in sources)


def test_no_route_ends_with_a_slash(transformed: dict[str, Any]) -> None:
    """SAM takes one and AWS makes no route of it, without a word (SAM issue 1949)."""
    paths = transformed["Resources"]["HttpApi"]["Properties"]["Body"]["paths"]
    assert [path for path in paths if path != "/" and path.endswith("/")] == []


def schemes(transformed: dict[str, Any], **parameters: str) -> dict[str, Scheme | None]:
    """Who may use each route of the stack that is deployed with these parameters."""
    physical = {name: name for name in transformed["Resources"]}
    stack = Stack(physical, transformed, parameters)
    return {route.key: route.scheme for route in routes_of(stack)}


def test_token_route_asks_for_sigv4_where_no_issuer_is_named(transformed: dict[str, Any]) -> None:
    assert schemes(transformed)["POST /token"] == IamScheme()


def test_token_route_asks_for_a_jwt_of_the_issuer_that_is_named(
    transformed: dict[str, Any],
) -> None:
    found = schemes(transformed, JwtIssuer="https://i.example/pool", JwtAudience="app")
    expected = JwtScheme("https://i.example/pool", frozenset({"app"}))
    assert found["POST /token"] == expected


@pytest.mark.parametrize("parameter", ["JwtIssuer", "JwtAudience"])
def test_token_route_is_not_open_where_half_of_an_issuer_is_named(
    transformed: dict[str, Any], parameter: str
) -> None:
    assert schemes(transformed, **{parameter: "https://i.example"})["POST /token"] == IamScheme()


def test_routes_for_upload_tokens_have_no_authorizer(transformed: dict[str, Any]) -> None:
    found = schemes(transformed)
    assert {key for key, scheme in found.items() if scheme} == {"POST /token"}


@pytest.mark.parametrize("issuer", ["http://i.example", "http://127.0.0.1:9000", "https://"])
def test_issuer_in_plain_text_is_refused_by_the_template(issuer: str) -> None:
    pattern = TEMPLATE["Parameters"]["JwtIssuer"]["AllowedPattern"]
    assert re.fullmatch(pattern, issuer) is None
    assert re.fullmatch(pattern, "https://i.example/pool")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_has_a_log_group_with_retention(function: str) -> None:
    group = RESOURCES[str(FUNCTIONS[function]["LoggingConfig"]["LogGroup"]["Ref"])]
    assert group["Type"] == "AWS::Logs::LogGroup"
    assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions_rights_are_named_one_by_one(function: str) -> None:
    for statement in statements(function):
        assert statement["Effect"] == "Allow"
        assert "*" not in json.dumps(statement["Action"])
        assert statement["Resource"] != "*"


def test_callback_function_can_read_the_keys_and_nothing_else() -> None:
    assert [item["Action"] for item in statements("CallbackFunction")] == [
        "secretsmanager:GetSecretValue"
    ]


def test_rights_to_mailboxes_exist_only_in_a_stack_that_is_listened_to() -> None:
    policy = RESOURCES["CallbackListenPolicy"]
    assert policy["Condition"] == "ListensToCallbacks"
    assert TEMPLATE["Parameters"]["CallbackListen"]["Default"] == "false"
    assert policy["Properties"]["Roles"] == [{"Ref": "CallbackFunctionRole"}]


def test_rights_to_mailboxes_reach_nothing_else_of_the_ledger() -> None:
    found = RESOURCES["CallbackListenPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    keys = [
        (item["Action"], item["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])
        for item in found
    ]
    letters = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"]
    assert keys == [("dynamodb:GetItem", ["listener#*"]), (letters, ["mailbox#*"])]


def test_function_that_reads_hostile_files_while_a_client_waits_has_no_rights() -> None:
    assert list(statements("AvinfoFunction")) == []


def test_functions_that_process_media_write_results_below_their_prefix_only() -> None:
    for function in ("AsyncOpsFunction", "UrlOpsFunction", "DownloadFunction"):
        [resource] = [
            item["Resource"]["Fn::Sub"]
            for item in statements(function)
            if item["Sid"] == "KeepResults"
        ]
        assert resource.endswith("-work-${AWS::AccountId}/fop/*")


def test_event_queue_takes_events_of_this_account_only() -> None:
    [statement] = RESOURCES["EventQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }


def test_message_is_hidden_longer_than_the_function_and_its_lease_last() -> None:
    """A lease is the time left and 30 seconds (maker.py)."""
    for function, queue in ("AsyncOpsFunction", "OpsQueue"), ("UrlOpsFunction", "UrlOpsQueue"):
        timeout = FUNCTIONS[function]["Timeout"]
        assert RESOURCES[queue]["Properties"]["VisibilityTimeout"] > timeout + 30


def queued_by(function: str) -> set[str]:
    """The queues that a function may send to."""
    arns: list[Any] = []
    for item in statements(function):
        if "sqs:SendMessage" in item["Action"]:
            found = item["Resource"]
            arns += found if isinstance(found, list) else [found]
    return {arn["Fn::GetAtt"][0] for arn in arns}


def drained_by() -> dict[str, str]:
    """The function behind each queue."""
    return {
        item["Properties"]["EventSourceArn"]["Fn::GetAtt"][0]: item["Properties"]["FunctionName"][
            "Ref"
        ]
        for item in RESOURCES.values()
        if item["Type"] == "AWS::Lambda::EventSourceMapping"
    }


def test_what_is_owed_waits_for_nobody_elses_work() -> None:
    assert queued_by("DownloadFunction") == {"UrlOpsQueue"}
    assert queued_by("UrlOpsFunction") == set()
    assert queued_by("QueryFunction") == {"OpsQueue"}
    assert queued_by("EventsFunction") == {"OpsQueue", "RedeliveryQueue"}
    functions = [drained_by()[name] for name in ("EventQueue", "OpsQueue", "UrlOpsQueue")]
    assert functions == ["EventsFunction", "AsyncOpsFunction", "UrlOpsFunction"]


def test_events_of_objects_go_where_no_job_is_run() -> None:
    properties = RESOURCES["UploadBucket"]["Properties"]
    [told] = properties["NotificationConfiguration"]["QueueConfigurations"]
    assert told["Queue"] == {"Fn::GetAtt": ["EventQueue", "Arn"]}
    assert "Layers" not in FUNCTIONS["EventsFunction"]  # no media layer: nothing is made there


def test_function_for_strangers_knows_no_upload_and_no_job() -> None:
    keys = [
        item["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        for item in statements("UrlOpsFunction")
        if "Condition" in item
    ]
    assert keys == [["result#*"]]


def test_only_the_function_that_needs_old_versions_reads_them() -> None:
    readers = {
        function
        for function in FUNCTIONS
        if any("s3:GetObjectVersion" in item["Action"] for item in statements(function))
    }
    assert readers == {"EventsFunction"}


def test_wishes_of_strangers_wake_nobody_and_do_not_pile_up() -> None:
    queue = RESOURCES["UrlOpsQueue"]["Properties"]
    assert "RedrivePolicy" not in queue
    assert 2 * limits.RESULT_QUEUED_SECONDS <= queue["MessageRetentionPeriod"] <= 3600


def test_redelivery_is_claimed_longer_than_its_function_lives() -> None:
    timeout = FUNCTIONS["RedeliveryFunction"]["Timeout"]
    assert timeout < limits.REDELIVERY_CLAIM_SECONDS
    assert RESOURCES["RedeliveryQueue"]["Properties"]["VisibilityTimeout"] >= 6 * timeout


def test_no_upload_is_under_way_when_its_event_has_it_reported() -> None:
    for function in ("UploadFunction", "ResumableFunction"):
        assert FUNCTIONS[function]["Timeout"] < limits.UNREPORTED_SECONDS


def test_redelivery_function_sees_uploads_and_begins_jobs() -> None:
    allowed = {
        tuple(item["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]): item["Action"]
        for item in statements("RedeliveryFunction")
        if "Condition" in item
    }
    assert allowed == {
        ("upload#*",): ["dynamodb:GetItem", "dynamodb:UpdateItem"],
        ("job#*",): "dynamodb:PutItem",
    }


def test_ladder_of_the_template_is_one_that_functions_read() -> None:
    waits = redelivery_config(
        {
            "UPGATE_LEDGER_TABLE": "t",
            "UPGATE_OPS_QUEUE": "o",
            "UPGATE_REDELIVERY_QUEUE": "q",
            "UPGATE_REDELIVERY_DEAD_LETTERS": "d",
            "UPGATE_CALLBACK_FUNCTION": "c",
            "UPGATE_REDELIVERY_WAITS": TEMPLATE["Parameters"]["RedeliveryWaits"]["Default"],
        }
    ).waits
    assert (waits[0], waits[-1]) == (5, 43_200)


@pytest.mark.parametrize(
    ("queue", "dead_letters"),
    [
        ("EventQueue", "OpsDeadLetterQueue"),
        ("OpsQueue", "OpsDeadLetterQueue"),
        ("RedeliveryQueue", "RedeliveryDeadLetterQueue"),
    ],
)
def test_poison_message_ends_in_a_dead_letter_queue(queue: str, dead_letters: str) -> None:
    redrive = RESOURCES[queue]["Properties"]["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": [dead_letters, "Arn"]}


@pytest.mark.parametrize("queue", QUEUES)
def test_queue_is_encrypted(queue: str) -> None:
    """checkov does not know this property, and is told to be silent (.ci/checkov.yaml)."""
    assert RESOURCES[queue]["Properties"]["SqsManagedSseEnabled"] is True


def test_nothing_in_the_work_bucket_is_kept_for_ever() -> None:
    rules = RESOURCES["WorkBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert {rule["Prefix"] for rule in rules if "ExpirationInDays" in rule} == {
        "v1/",
        "v2/",
        "fop/",
    }


def test_token_function_can_read_presets_and_quotas_only() -> None:
    [condition] = [item["Condition"] for item in statements("TokenFunction") if "Condition" in item]
    assert condition == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["preset#*", "quota#*"]}
    }


@pytest.mark.parametrize("name", ["UploadBucket", "LedgerTable", "KeysSecret"])
def test_what_nobody_can_make_again_survives_the_stack(name: str) -> None:
    """And not a first deploy that failed: the bucket's name would be in the next one's way."""
    assert RESOURCES[name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("bucket", ["UploadBucket", "WorkBucket"])
def test_bucket_is_private_and_refuses_plain_http(bucket: str) -> None:
    assert set(RESOURCES[bucket]["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    statement = RESOURCES[f"{bucket}Policy"]["Properties"]["PolicyDocument"]["Statement"][0]
    assert (statement["Effect"], statement["Condition"]) == (
        "Deny",
        {"Bool": {"aws:SecureTransport": "false"}},
    )


@pytest.mark.parametrize("bucket", ["UploadBucket", "WorkBucket"])
def test_page_may_read_what_a_download_redirects_it_to(bucket: str) -> None:
    """The Origin is "null" after a redirect elsewhere (WHATWG Fetch, "HTTP-redirect fetch")."""
    [rule] = RESOURCES[bucket]["Properties"]["CorsConfiguration"]["CorsRules"]
    assert (rule["AllowedOrigins"], rule["AllowedMethods"]) == (["*"], ["GET", "HEAD"])


@pytest.mark.parametrize("layer_name", ["UpgateLayer", "MediaLayer"])
def test_layer_is_built_for_the_processor_of_the_functions(layer_name: str) -> None:
    layer = RESOURCES[layer_name]
    architecture = {"Ref": "Architecture"}
    assert layer["Metadata"]["BuildArchitecture"] == architecture
    assert TEMPLATE["Globals"]["Function"]["Architectures"] == [architecture]


def test_held_object_ends_before_the_bucket_aborts_it() -> None:
    [rule] = [
        item
        for item in RESOURCES["UploadBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
        if "AbortIncompleteMultipartUpload" in item
    ]
    days: int = rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
    assert (days - 1) * 24 * 3600 >= limits.STRICT_HOLD_SECONDS


def test_functions_that_settle_held_objects_have_the_rights_for_it() -> None:
    needed = {
        "s3:PutObject",
        "s3:GetObject",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
    }
    for function in ("UploadFunction", "ResumableFunction", "RedeliveryFunction"):
        assert any(needed == set(item["Action"]) for item in statements(function))
