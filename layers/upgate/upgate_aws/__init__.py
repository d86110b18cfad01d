"""Between AWS Lambda and the rules in `upgate`: events, answers, clients, keys, the log line."""
