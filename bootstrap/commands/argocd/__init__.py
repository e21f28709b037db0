"""Use cases about Argo CD itself: repositories, webhooks, clusters."""
