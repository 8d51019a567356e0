"""Words of voice notes: who may hear one, and why one was not taken."""

from collections.abc import Mapping

from afterglow_design.languages import LazyString, lazy

from afterglow_web.records import Visibility

NOTHING = lazy("Choose a recording first.")
TOO_LARGE = lazy("This recording is too large.")
TOO_LARGE_FOR_A_FORM = lazy("This recording is too large to send without JavaScript. Choose one of at most 900 kB.")
NO_RECORDING = lazy("This is no recording that can be played here. WebM, Ogg, MP4 (M4A), MP3 and WAV are.")
NOT_REACHED = lazy("It could not be kept just now. Please choose it once more in a moment.")
TOO_MANY = lazy("There are too many voice notes. Erase one first, or wait until another one is sent.")
LATER = lazy("After a dose nothing is added to what others hear until the next morning. The recording is here.")
REFUSALS: Mapping[str, LazyString] = {
    "gone": lazy("The entry that it belongs to is gone: it was erased or discarded elsewhere. The recording is here."),
    "kind": NO_RECORDING,
    "large": TOO_LARGE,
    "many": TOO_MANY,
    "later": LATER,
    "other": lazy("It was not taken. It is still here: please try again."),
    "over": lazy("You were signed out before all of it was sent. It is still here: please keep it once more."),
    "unreached": lazy("The portal cannot be reached. It is still here: please keep it once more in a while."),
}
"""By the names that `upload.js` gives them."""
HEARD_BY: Mapping[Visibility | None, LazyString] = {
    None: lazy("Who may hear it you say when you save the entry."),
    Visibility.only_me: lazy("Only you can hear it, as only you see the entry."),
    Visibility.next_session: lazy("You can hear it now, your therapist from your next session."),
    Visibility.therapist: lazy("Whoever the entry is shared with can hear it as soon as you keep it."),
}
