"""Templates of the policy, and what stands for each variable in them (protocol.md 6)."""
