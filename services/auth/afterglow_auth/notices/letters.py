"""What notices say: nothing that tells a stranger what the practice does, or what was recorded of anybody."""

from afterglow_design.languages import lazy
from afterglow_foundation.notices.contract import NoticeKind

from afterglow_auth.mail.letters import Context, Letter, Writing


async def write_prompt(writing: Writing) -> Context:
    return {"choose": writing.link("/reminders")}


async def write_messages(writing: Writing) -> Context:
    return {"choose": writing.link("/notices")}


MESSAGES = Letter("messages", lazy("Something new for you"), write_messages)
PROMPT = Letter("prompt", lazy("A quiet reminder"), write_prompt)
LETTERS_OF = {NoticeKind.messages: MESSAGES, NoticeKind.prompt: PROMPT}
