from __future__ import annotations

import pytest

from bootstrap.sealing.kept_metadata import Names, is_acted_on, is_applied_object, why_never
from bootstrap.sealing.template import build_template, choose_metadata

KEPT = [
    "argocd.argoproj.io/sync-wave",
    "argocd.argoproj.io/compare-options",
    "argocd.argoproj.io/sync-options",
    "argocd.argoproj.io/secret-type",
    "link.argocd.argoproj.io/external-link",
    "sealedsecrets.bitnami.com/managed",
    "sealedsecrets.bitnami.com/skip-set-owner-references",
    "app.kubernetes.io/name",
    "app.kubernetes.io/part-of",
    "kubernetes.io/description",
    "reloader.stakater.com/match",
    "secret.reloader.stakater.com/reload",
    "configmap.reloader.stakater.com/reload",
    "wave.pusher.com/update-on-config-change",
    "reflector.v1.k8s.emberstack.com/reflection-allowed",
    "replicator.v1.mittwald.de/replicate-to",
    "kubed.appscode.com/sync",
    "velero.io/exclude-from-backup",
]
DROPPED = [
    "",
    "app",
    "team",
    "example.com/owner",
    "kubernetes.io/other",
    "helm.sh/chart",
    "helm.sh/hook",
    "helm.sh/resource-policy",
    "velero.io/backup-name",
    "objectset.rio.cattle.io/id",
    "kubectl.kubernetes.io/restartedAt",
    "evil-argocd.argoproj.io/sync-wave",
    "argocd.argoproj.io.example.com/sync-wave",
    "argocd.argoproj.io",
    "example.com/argocd.argoproj.io/x",
]
NEVER = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "kubecfg.ksonnet.io/last-applied-configuration",
    "objectset.rio.cattle.io/applied",
    "kapp.k14s.io/original",
    "banzaicloud.com/last-applied",
    "kopf.zalando.org/last-handled-configuration",
    "app.kubernetes.io/last-applied",
    "last-applied-configuration",
    "argocd.argoproj.io/tracking-id",
    "argocd.argoproj.io/installation-id",
    "argocd.argoproj.io/instance",
    "meta.helm.sh/release-name",
    "meta.helm.sh/release-namespace",
]


@pytest.mark.parametrize("name", KEPT)
def test_what_something_acts_on_is_kept(name: str):
    assert (is_acted_on(name), why_never(name)) == (True, None)


@pytest.mark.parametrize("name", DROPPED)
def test_what_nothing_acts_on_is_kept_only_for_who_names_it(name: str):
    assert (is_acted_on(name), why_never(name)) == (False, None)
    template = build_template(type=None, immutable=False, labels={name: "a"}, annotations={})
    assert choose_metadata(template, Names(annotations=frozenset({name}))).labels == {}
    assert choose_metadata(template, Names(labels=frozenset({name}))).labels == {name: "a"}


@pytest.mark.parametrize("name", NEVER)
def test_what_belongs_to_the_live_object_is_never_kept(name: str):
    assert is_acted_on(name) is False
    assert why_never(name)
    template = build_template(type=None, immutable=False, labels={}, annotations={name: "a"})
    assert choose_metadata(template, Names(annotations=frozenset({name}))).annotations == {}


def test_names_of_whole_objects_are_told_from_those_of_owners():
    assert [name for name in NEVER if is_applied_object(name)] == NEVER[:8]
