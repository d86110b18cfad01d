"""One UpdateItem in the ledger that is carried out under a condition, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from upgate.objects import storage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def update(
    client: DynamoDBClient,
    table: str,
    key: dict[str, Any],
    expression: str,
    condition: str | None,
    values: dict[str, Any],
) -> bool:
    """Whether the condition held; key and values are in DynamoDB's notation.

    Raises:
        StorageFailedError: anything else went wrong.
    """
    from botocore.exceptions import ClientError

    options: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
    with storage.failures():
        try:
            client.update_item(
                TableName=table,
                Key=key,
                UpdateExpression=expression,
                ExpressionAttributeValues=values,
                **options,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
    return True
