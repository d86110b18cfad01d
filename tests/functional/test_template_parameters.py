"""What an operator may say to the stack, and which sentence refuses the rest."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.cloudformation import (
    CERTIFICATE,
    CLOUDFRONT_CERTIFICATE,
    ChangeSet,
    ParameterError,
)

TEMPLATE = ChangeSet.of().template
PARAMETERS: dict[str, Any] = dict(TEMPLATE["Parameters"])
DOMAIN = {"Domain": "up.example.com", "CertificateArn": CERTIFICATE}
CLOUDFRONT = {
    "Domain": "up.example.com",
    "CloudFront": "results",
    "CloudFrontCertificateArn": CLOUDFRONT_CERTIFICATE,
}
JWT = {"JwtIssuer": "https://id.example.com/", "JwtAudience": "app"}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameter_is_described_and_its_default_is_allowed(name: str) -> None:
    assert PARAMETERS[name]["Description"].endswith(".")
    ChangeSet.of(**{name: str(PARAMETERS[name]["Default"])})


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameter_takes_no_text_at_will(name: str) -> None:
    constraints = {"AllowedPattern", "AllowedValues", "MinValue"}
    assert constraints & PARAMETERS[name].keys()


def test_every_parameter_stands_in_one_group_of_the_console() -> None:
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(PARAMETERS)


@pytest.mark.parametrize(
    ("name", "taken", "refused"),
    [
        ("RedeliveryWaits", "86400", "86401"),
        ("RedeliveryWaits", ",".join(["5"] * 12), ",".join(["5"] * 13)),
        ("RedeliveryWaits", "0,79999", "0,79999,"),
        ("CorsOrigins", "*", "*,*"),
        ("CorsOrigins", "https://a.example", "https://a.example/"),
        ("CorsOrigins", "capacitor://localhost,http://[::1]:80", "https://a.example, https://b"),
        ("CorsOrigins", "https://a.example", "https://a'+x+'"),
        ("PublicUrl", "https://up.example:8443", "https://up.example/"),
        ("PublicUrl", "http://[::1]:80", "https://user@up.example"),
        ("CallbackHosts", "*.example.com,app.example.com", "*"),
        ("CallbackHosts", "2001:db8::1,192.0.2.1", "app.example.com:8443"),
        ("CallbackHosts", "app.example.com", "App.example.com"),
        ("CallbackHosts", "app.example.com", "app.example.com,"),
        ("CallbackHosts", "app.example.com", "app..example.com"),
        ("CallbackHosts", "a" * 1024, "a" * 1025),
        ("Domain", "up.example.com", "https://up.example.com"),
        ("Domain", "up.example.com", "Up.example.com"),
        ("CertificateArn", CERTIFICATE, CERTIFICATE[:-1]),
        ("CloudFrontCertificateArn", CLOUDFRONT_CERTIFICATE, CERTIFICATE),
        ("CloudFront", "pass", "on"),
        ("AlarmEmail", "ops@example.com", "ops"),
        ("AlarmEmail", "ops@example.com", "ops@example"),
        ("AsyncOpsConcurrency", "2", "1"),
        ("AsyncOpsConcurrency", "1000", "1001"),
        ("EventConcurrency", "2", "1"),
        ("UrlOpsConcurrency", "2", "0"),
        ("CallbackConcurrency", "1", "-1"),
        ("CallbackBudgetSeconds", "11", "12"),
        ("DownloadUrlSeconds", "60", "59"),
        ("DownloadUrlSeconds", "43200", "43201"),
        ("UploadMemory", "512", "511"),
        ("AsyncOpsMemory", "10240", "10241"),
        ("JwtIssuer", "https://id.example.com/", "http://id.example.com/"),
        ("ThrottleRate", "1", "0"),
    ],
)
def test_value_is_taken_and_its_neighbour_is_not(name: str, taken: str, refused: str) -> None:
    ChangeSet.of(**{name: taken})
    with pytest.raises(ParameterError, match=name):
        ChangeSet.of(**{name: refused})


@pytest.mark.parametrize("name", PARAMETERS)
def test_pattern_that_no_reader_would_guess_is_explained(name: str) -> None:
    if len(PARAMETERS[name].get("AllowedPattern", "")) > 40:
        assert PARAMETERS[name]["ConstraintDescription"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        JWT,
        DOMAIN,
        CLOUDFRONT,
        CLOUDFRONT | {"CloudFront": "pass"},
        {"PublicUrl": "https://up.example.com"},
        {"Alarms": "false"},
        {"AlarmEmail": "ops@example.com"},
    ],
)
def test_parameters_that_agree_pass(given: dict[str, str]) -> None:
    assert ChangeSet.of(**given).complaints() == []


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"JwtIssuer": JWT["JwtIssuer"]}, "JwtIssuer needs JwtAudience"),
        ({"JwtAudience": "app"}, "JwtAudience needs JwtIssuer"),
        ({"Domain": "up.example.com"}, "Domain needs CertificateArn"),
        ({"CertificateArn": CERTIFICATE}, "CertificateArn needs Domain"),
        (DOMAIN | {"PublicUrl": "https://other.example"}, "Domain and PublicUrl"),
        (CLOUDFRONT | {"CloudFrontCertificateArn": ""}, "Domain with CloudFront needs"),
        (CLOUDFRONT | {"PublicUrl": "https://other.example"}, "Domain and PublicUrl"),
        (CLOUDFRONT | {"CertificateArn": CERTIFICATE}, "With CloudFront the domain is"),
        ({"CloudFront": "pass"}, "CloudFront needs Domain"),
        (
            DOMAIN | {"CloudFrontCertificateArn": CLOUDFRONT_CERTIFICATE},
            "CloudFrontCertificateArn needs CloudFront",
        ),
        ({"Alarms": "false", "AlarmEmail": "ops@example.com"}, "AlarmEmail needs Alarms"),
    ],
)
def test_parameters_that_contradict_each_other_are_told(
    given: dict[str, str], complaint: str
) -> None:
    [told] = ChangeSet.of(**given).complaints()
    assert told.startswith(complaint)
    assert told.endswith(".")


def test_certificate_of_a_distribution_alone_is_told_what_it_lacks() -> None:
    complaints = ChangeSet.of(CloudFrontCertificateArn=CLOUDFRONT_CERTIFICATE).complaints()
    assert [text.split(" ", 3)[:3] for text in complaints] == [
        ["CloudFrontCertificateArn", "needs", "Domain,"],
        ["CloudFrontCertificateArn", "needs", "CloudFront;"],
    ]


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "https://HttpApi.execute-api.us-east-1.amazonaws.com"),
        ({"PublicUrl": "https://proxy.example"}, "https://proxy.example"),
        (DOMAIN, "https://up.example.com"),
        (CLOUDFRONT, "https://up.example.com"),
    ],
)
def test_clients_and_functions_are_told_the_same_address(given: dict[str, str], url: str) -> None:
    change_set = ChangeSet.of(**given)
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    told = change_set.resolve(variables["UPGATE_PUBLIC_URL"])
    assert change_set.outputs()["Url"] == url
    assert told == (url if given else "")


@pytest.mark.parametrize("given", [{}, {"PublicUrl": "https://proxy.example"}, CLOUDFRONT])
def test_the_api_s_own_address_is_told_whatever_stands_in_front(given: dict[str, str]) -> None:
    own = "https://HttpApi.execute-api.us-east-1.amazonaws.com"
    assert ChangeSet.of(**given).outputs()["ApiUrl"] == own


@pytest.mark.parametrize(
    ("given", "target"),
    [(DOMAIN, "ApiDomain.RegionalDomainName"), (CLOUDFRONT, "EdgeStack.Outputs.DomainName")],
)
def test_domain_is_told_where_to_point(given: dict[str, str], target: str) -> None:
    assert ChangeSet.of(**given).outputs()["DomainTarget"] == target


def test_stack_without_a_domain_has_nothing_of_one() -> None:
    resources = ChangeSet.of().resources()
    assert not {"ApiDomain", "ApiDomainMapping", "EdgeStack"} & resources.keys()


def test_each_queue_starts_as_many_as_its_parameter_says() -> None:
    sources = {
        "EventQueueSource": "EventConcurrency",
        "OpsQueueSource": "AsyncOpsConcurrency",
        "UrlOpsQueueSource": "UrlOpsConcurrency",
    }
    given = {parameter: str(number) for number, parameter in enumerate(sources.values(), 21)}
    resources = ChangeSet.of(**given).resources()
    for source, parameter in sources.items():
        scaling = resources[source]["Properties"]["ScalingConfig"]
        assert str(scaling["MaximumConcurrency"]) == given[parameter]


def test_nothing_of_a_new_account_is_reserved() -> None:
    """It may have too little for any (aws.md 1); and a reservation below a queue's own number
    would throttle its messages into the dead letters."""
    resources = ChangeSet.of().resources()
    functions = (item["Properties"] for item in resources.values() if "Properties" in item)
    assert not any("ReservedConcurrentExecutions" in properties for properties in functions)


def test_heavy_work_has_a_function_only_where_it_is_wanted() -> None:
    without, heavy = ChangeSet.of().resources(), ChangeSet.of(HeavyOps="true").resources()
    assert heavy.keys() - without.keys() == {
        "HeavyOpsFunction",
        "HeavyOpsLogGroup",
        "HeavyQueue",
        "HeavyQueueSource",
    }
    for resources, queue in (without, ""), (heavy, "HeavyQueue"):
        variables = resources["AsyncOpsFunction"]["Properties"]["Environment"]["Variables"]
        assert variables["UPGATE_HEAVY_QUEUE"] == queue


def test_heavy_function_hands_on_to_nobody_but_itself() -> None:
    function = ChangeSet.of(HeavyOps="true").resources()["HeavyOpsFunction"]["Properties"]
    variables = function["Environment"]["Variables"]
    assert (variables["UPGATE_OPS_QUEUE"], variables["UPGATE_HEAVY_QUEUE"]) == ("HeavyQueue", "")
