"""GitOps for Agent Smith: write an environment, seal its secrets, push."""
