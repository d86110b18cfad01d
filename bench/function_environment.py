"""What every function finds in its environment, in all benchmarks alike."""

from __future__ import annotations

VARIABLES = {
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "UPGATE_BUCKETS": '{"demo": "bucket"}',
    "UPGATE_WORK_BUCKET": "work",
    "UPGATE_LEDGER_TABLE": "ledger",
    "UPGATE_KEYS_SECRET": "keys",
    "UPGATE_CALLBACK_FUNCTION": "callback",
    "UPGATE_AVINFO_FUNCTION": "avinfo",
    "UPGATE_GLUE_FUNCTION": "glue",
    "UPGATE_EVENT_QUEUE": "events",
    "UPGATE_OPS_QUEUE": "ops",
    "UPGATE_REDELIVERY_QUEUE": "redelivery",
    "UPGATE_REDELIVERY_DEAD_LETTERS": "redelivery-dead",
    "UPGATE_REDELIVERY_WAITS": "5",
    "UPGATE_RESULT_DAYS": "365",
}
