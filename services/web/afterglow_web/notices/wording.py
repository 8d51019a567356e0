"""What the page of notices says of ways, and after something was done."""

from afterglow_design.languages import lazy

DONE = {
    "added": lazy("From now on notices come to this browser too."),
    "removed": lazy("Notices do not come to that browser any more."),
    "saved": lazy("Saved. This holds from now on."),
}
WAYS = {
    "mail": (lazy("By mail"), None),
    "push": (lazy("On my browsers"), lazy("As long as one can be reached; otherwise a mail comes.")),
    "both": (lazy("Both"), None),
}
NO_WAY = lazy("Choose how notices come")
