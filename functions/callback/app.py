"""Calls business servers for the other functions: the only one that sends requests to strangers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from upgate.answers.stages import Stages
from upgate.callbacks import remote_file
from upgate.callbacks.callback import CallbackRequest
from upgate.callbacks.callback_delivery import deliver
from upgate.listening.letter_exchange import Mailbox
from upgate.listening.listening_egress import ListeningEgress
from upgate.outbound.egress import Egress
from upgate.outbound.egress_exchange import Sender
from upgate.outbound.egress_rules import EgressRules
from upgate_aws import clients, delivery_log
from upgate_aws.config.callback_config import callback_config
from upgate_aws.key_source import KeySource
from upgate_aws.log import logger

CONFIG = callback_config(os.environ)
KEYS = KeySource(clients.secrets, CONFIG.keys_secret)
RULES = EgressRules(allow_loopback=CONFIG.is_local, allowed_hosts=CONFIG.callback_hosts)
EGRESS = Egress(RULES)
SENDER: Sender = EGRESS
if CONFIG.listens:
    logger.warning("callbacks may be listened to: CallbackListen is for development stacks")
    SENDER = ListeningEgress(EGRESS, RULES, Mailbox(clients.dynamodb, CONFIG.ledger_table))


def lambda_handler(event: dict[str, Any], _: object) -> Mapping[str, object]:
    """A CallbackRequest in, a CallbackOutcome out, both as JSON; or a URL in, a file out."""
    if remote_file.is_request(event):
        return _fetch(event)
    request = CallbackRequest.from_object(event)
    outcome = deliver(request, KEYS, SENDER, CONFIG.buckets)
    delivery_log.write(request, outcome)
    return outcome.to_object()


def _fetch(event: Mapping[str, object]) -> Mapping[str, object]:
    stages = Stages()
    file = remote_file.fetch(event, EGRESS)
    delivery_log.write_file(file, round(stages.elapsed_seconds() * 1000))
    return file.to_object()
