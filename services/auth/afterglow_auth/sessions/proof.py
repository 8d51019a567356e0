"""How somebody proved who they are, as tokens say it."""

from dataclasses import dataclass

PASSWORD_ACR = "urn:afterglow:acr:password"  # noqa: S105  # a name
MFA_ACR = "urn:afterglow:acr:mfa"


@dataclass(frozen=True, slots=True)
class Proof:
    """What was shown just now (`amr` as in RFC 8176), and what the browser calls itself."""

    amr: tuple[str, ...] = ("pwd",)
    device: str | None = None

    @property
    def acr(self) -> str:
        return MFA_ACR if "mfa" in self.amr else PASSWORD_ACR


BY_PASSWORD = Proof()
