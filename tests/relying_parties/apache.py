"""Apache with Debian's mod_auth_openidc on the loopback interface, from a configuration of its own, as our child."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from afterglow_operator.ports import LOOPBACK

from tests.operator.demonstrations import eventually

MODULES = Path("/usr/lib/apache2/modules")
LOADED = ("mpm_event", "authn_core", "authz_core", "authz_user", "headers", "auth_openidc")
# A public client: Debian's version knows RSA keys only for private_key_jwt, and is ended by a fault at an EC key.
CONFIGURATION = """
ServerName {host}
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
LogFormat "%r %>s" requests
CustomLog {folder}/access.log requests
DocumentRoot {folder}/pages
Listen {host}:{port}
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCCABundlePath {authority}
OIDCClientID {client_id}
OIDCProviderTokenEndpointAuth none
OIDCPKCEMethod S256
OIDCScope "openid profile email offline_access"
OIDCRedirectURI {address}/callback
OIDCCryptoPassphrase only-for-this-test
{more}
<LocationMatch "^/(callback|protected)$">
    AuthType openid-connect
    Require valid-user
</LocationMatch>
<Location /protected>
    Header always set X-Subject "%{{OIDC_CLAIM_sub}}e"
    Header always set X-Email "%{{OIDC_CLAIM_email}}e"
    Header always set X-Access-Token "%{{OIDC_access_token}}e"
</Location>
"""


REFRESHING = "OIDCRefreshAccessTokenBeforeExpiry 3600 logout_on_error"


@dataclass(frozen=True)
class Apache:
    """`error_log` is what to read when something goes wrong; `more` are lines for its configuration."""

    folder: Path
    port: int
    more: str = ""

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def error_log(self) -> str:
        return (self.folder / "error.log").read_text()

    @property
    def access_log(self) -> str:
        return (self.folder / "access.log").read_text()

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.address}/open", timeout=2).is_success
        except httpx.HTTPError:
            return False


def program() -> str:
    """Apache's program. None is a failure, never a skip."""
    found = shutil.which("apache2", path=f"{os.environ['PATH']}:/usr/sbin")
    present = found and (MODULES / "mod_auth_openidc.so").exists()
    assert found, "this needs Apache: apt-get install libapache2-mod-auth-openidc"
    assert present, "this needs Apache's mod_auth_openidc: apt-get install libapache2-mod-auth-openidc"
    return found


@contextmanager
def running(apache: Apache, issuer: str, client_id: str, authority: Path) -> Iterator[None]:
    """Started, answering, and ended in the end."""
    for page in ("open", "protected", "signed-out"):
        path = apache.folder / "pages" / page
        path.parent.mkdir(exist_ok=True)
        path.write_text(page)
    configuration = apache.folder / "apache.conf"
    configuration.write_text(configured(apache, issuer, client_id, authority))
    command = [program(), "-f", str(configuration), "-DFOREGROUND"]
    process = subprocess.Popen(command)
    try:
        assert eventually(apache.answers), apache.error_log
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def configured(apache: Apache, issuer: str, client_id: str, authority: Path) -> str:
    modules = [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED]
    unprivileged = ["User www-data", "Group www-data"] if os.geteuid() == 0 else []
    rest = CONFIGURATION.format(
        host=LOOPBACK,
        port=apache.port,
        address=apache.address,
        folder=apache.folder,
        issuer=issuer,
        client_id=client_id,
        authority=authority,
        more=apache.more,
    )
    return "\n".join([*modules, *unprivileged, rest])
