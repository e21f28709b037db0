"""What a cluster must run for anything of ours to run: Argo CD and sealed-secrets."""

from __future__ import annotations

from dataclasses import dataclass

from bootstrap import upstream


@dataclass(frozen=True, slots=True)
class Product:
    """How a product is seen to be there, how old it may be, and how a person gets it."""

    name: str
    version: str
    """Of its kinds, as "group/version"."""
    kinds: tuple[str, ...]
    """Those that we need of it; the first tells whether it is there."""
    oldest: str
    """The oldest version that is supported."""
    install: str
    """The command that installs it where there is none."""
    upgrade: str
    """What installs it or makes it newer, as words of a sentence."""

    @property
    def check(self) -> str:
        """What findings about it are called."""
        return self.name.lower().replace(" ", "")

    @property
    def mark(self) -> tuple[str, str]:
        """Version and name of the kind that tells whether it is there.

        Its group alone does not: argoproj.io is also that of Workflows and Rollouts.
        """
        return self.version, self.kinds[0]


ARGO_CD = Product(
    name="Argo CD",
    version="argoproj.io/v1alpha1",
    kinds=("Application", "AppProject"),
    oldest=upstream.ARGO_CD_OLDEST.value,
    install=upstream.INSTALL_ARGO_CD,
    upgrade=upstream.ARGO_CD_GUIDE.value,
)
SEALED_SECRETS = Product(
    name="sealed-secrets",
    version="bitnami.com/v1alpha1",
    kinds=("SealedSecret",),
    oldest=upstream.SEALED_SECRETS_OLDEST.value,
    install=upstream.INSTALL_SEALED_SECRETS,
    upgrade=f"`{upstream.UPGRADE_SEALED_SECRETS}`",
)
PRODUCTS = (ARGO_CD, SEALED_SECRETS)
