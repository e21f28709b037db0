"""Is it out yet? Verdicts from what Argo CD and live objects say."""
