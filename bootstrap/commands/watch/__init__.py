"""How it goes in the cluster: `bootstrap status`, `wait` and `history`."""
