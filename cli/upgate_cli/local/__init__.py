"""`upgate local`: the whole bundle on one machine, with no account and no container.

An emulator takes the real `sam deploy` of template.yaml. Before it stands a front of our own that
is the HTTP API: the emulator ignores the API's `Body` (where SAM puts the routes), answers OPTIONS
itself and knows none of the gateway's limits (local.md 6). Reached through the Lambda API, the
functions still run with the template's environment, policies, layers and event sources.
"""
