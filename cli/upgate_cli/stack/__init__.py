"""The operator's way to a deployed stack, past the gateway: CloudFormation, DynamoDB, secrets."""
