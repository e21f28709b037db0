"""Names that the chart, Argo CD and sealed-secrets know us by."""

from __future__ import annotations

CHART_PATH = "helm/agentsmith"
ENVIRONMENTS_DIR = "environments"
VALUES_FILE = "values.yaml"
CONFIG_FILE = "agentsmith.yml"
ARGOCD_DIR = "argocd"
APPLICATIONS_DIR = f"{ARGOCD_DIR}/applications"
REPOSITORIES_DIR = f"{ARGOCD_DIR}/repositories"
PLATFORM_DIR = f"{ARGOCD_DIR}/platform"
PROJECT_FILE = f"{ARGOCD_DIR}/project.yaml"
ROOT_FILE = f"{ARGOCD_DIR}/root.yaml"

RELEASE_NAME = "agentsmith"
SECRET_NAME = "agentsmith-secrets"  # noqa: S105 - the name of a Secret, not one
ARGOCD_NAMESPACE = "argocd"
IN_CLUSTER = "https://kubernetes.default.svc"
FIELD_MANAGER = "agentsmith-bootstrap"
# Argo CD's own name for what it applies: so it owns from the start what it adopts, and a later
# version can take away what this one brought.
ARGOCD_FIELD_MANAGER = "argocd-controller"

# What the values of docs/examples/secrets.example.yaml begin with, which people copy.
PLACEHOLDER = "sample-"

REDIS_URL_KEY = "redis-url"
REDIS_URL_VALUE = "redis:6379"

# The kinds that helm/agentsmith can render, as (group, kind); a test renders the chart with every
# feature on and compares. The AppProject allows these and nothing else.
CHART_KINDS: tuple[tuple[str, str], ...] = (
    ("", "ConfigMap"),
    ("", "Secret"),
    ("", "Service"),
    ("", "ServiceAccount"),
    ("apps", "Deployment"),
    ("batch", "Job"),
    ("bitnami.com", "SealedSecret"),
    ("gateway.networking.k8s.io", "HTTPRoute"),
    ("networking.k8s.io", "Ingress"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("policy", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
)
SHORT_COMMIT = 7
"""How many characters of a commit are shown."""
