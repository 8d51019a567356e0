"""What is sent to a browser: the practice's neutral name and a line that says nothing, always of the same length."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from afterglow_design import languages
from joserfc.util import urlsafe_b64decode

from afterglow_auth.accounts.models import Person
from afterglow_auth.digests import Purpose
from afterglow_auth.notices.letters import LETTERS_OF
from afterglow_auth.notices.models import Notice
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.push.encryption import encrypt
from afterglow_auth.push.models import PushSubscription
from afterglow_auth.push.service import opened
from afterglow_auth.push.vapid import vapid_of

LENGTH = 512  # bytes before encryption, so that a push service cannot tell by it of which kind a notice is
TOPIC_BYTES = 24  # RFC 8030 §5.4: at most 32 characters of base64url


@dataclass(frozen=True, slots=True)
class Message:
    """One request to a push service (RFC 8030 §5). Of one `topic` only the newest waits for a browser that is off."""

    endpoint: str
    body: bytes
    authorization: str
    topic: str
    lifetime: int

    def headers(self) -> dict[str, str]:
        return {
            "Authorization": self.authorization,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(self.lifetime),
            "Topic": self.topic,
            "Urgency": "normal",
        }


async def written(
    provider: IdentityProvider, notice: Notice, person: Person, subscription: PushSubscription
) -> Message | None:
    """None where the installation has lost its key."""
    vapid = vapid_of(provider.settings)
    if vapid is None:
        return None
    there = await opened(provider, subscription)
    receiver, secret = (urlsafe_b64decode(part.rstrip("=").encode()) for part in (there.keys.p256dh, there.keys.auth))
    topic = provider.digests.of(Purpose.push_topic, str(subscription.id), notice.kind)[:TOPIC_BYTES]
    return Message(
        endpoint=there.endpoint,
        body=encrypt(await words(provider, notice, person), receiver, secret),
        authorization=vapid.authorization(there.endpoint),
        topic=base64.urlsafe_b64encode(topic).decode(),
        lifetime=max(0, int((notice.expires_at - datetime.now(UTC)).total_seconds())),
    )


async def words(provider: IdentityProvider, notice: Notice, person: Person) -> bytes:
    """The neutral name and the same line as a mail's subject, in the receiver's language."""
    letter = next(letter for kind, letter in LETTERS_OF.items() if kind == notice.kind)
    told = await provider.practice.now()
    with languages.speaking(person.locale):
        said = {"title": languages.gettext(str(told.spoken().neutral_name)), "body": str(letter.subject)}
    return json.dumps(said | {"lang": person.locale}, ensure_ascii=False).encode().ljust(LENGTH)
