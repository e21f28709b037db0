"""A real Kubernetes, Argo CD and sealed-secrets on loopback, to test and to try things out."""
