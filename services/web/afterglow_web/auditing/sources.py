"""The parts of the portal, by the audit that each keeps."""

from enum import StrEnum


class Source(StrEnum):
    auth = "auth"
    messaging = "messaging"
    portal = "portal"
    web = "web"
