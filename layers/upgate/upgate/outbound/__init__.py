"""The one way out to hosts that nobody vouches for (aws.md 10)."""
