"""What portal's vocabulary is called on pages. A name that is new there is shown as it is."""

from typing import NamedTuple

from afterglow_design.languages import LazyString, lazy


class ItemWords(NamedTuple):
    """An optional item: what it is called, and the two ends of its scale."""

    label: LazyString
    lowest: LazyString
    highest: LazyString


EMOTIONS = {
    "afraid": lazy("afraid"),
    "alive": lazy("alive"),
    "alone": lazy("alone"),
    "angry": lazy("angry"),
    "anxious": lazy("anxious"),
    "ashamed": lazy("ashamed"),
    "at ease": lazy("at ease"),
    "bored": lazy("bored"),
    "calm": lazy("calm"),
    "cared for": lazy("cared for"),
    "clear": lazy("clear"),
    "confused": lazy("confused"),
    "connected": lazy("connected"),
    "content": lazy("content"),
    "curious": lazy("curious"),
    "disappointed": lazy("disappointed"),
    "distant": lazy("distant"),
    "drained": lazy("drained"),
    "empty": lazy("empty"),
    "flat": lazy("flat"),
    "foggy": lazy("foggy"),
    "free": lazy("free"),
    "frustrated": lazy("frustrated"),
    "grateful": lazy("grateful"),
    "grieving": lazy("grieving"),
    "guilty": lazy("guilty"),
    "heavy": lazy("heavy"),
    "hopeful": lazy("hopeful"),
    "hopeless": lazy("hopeless"),
    "hurt": lazy("hurt"),
    "irritable": lazy("irritable"),
    "jealous": lazy("jealous"),
    "joyful": lazy("joyful"),
    "light": lazy("light"),
    "lonely": lazy("lonely"),
    "loved": lazy("loved"),
    "moved": lazy("moved"),
    "numb": lazy("numb"),
    "open": lazy("open"),
    "overwhelmed": lazy("overwhelmed"),
    "peaceful": lazy("peaceful"),
    "playful": lazy("playful"),
    "proud": lazy("proud"),
    "quiet": lazy("quiet"),
    "relieved": lazy("relieved"),
    "restless": lazy("restless"),
    "sad": lazy("sad"),
    "safe": lazy("safe"),
    "stuck": lazy("stuck"),
    "tender": lazy("tender"),
    "tense": lazy("tense"),
    "tired": lazy("tired"),
    "uneasy": lazy("uneasy"),
    "vulnerable": lazy("vulnerable"),
    "warm": lazy("warm"),
    "wondering": lazy("wondering"),
}
CONTEXTS = {
    "after a session": lazy("after a session"),
    "at home": lazy("at home"),
    "before a session": lazy("before a session"),
    "by myself": lazy("by myself"),
    "family": lazy("family"),
    "friends": lazy("friends"),
    "memories": lazy("memories"),
    "outdoors": lazy("outdoors"),
    "pain": lazy("pain"),
    "sleep": lazy("sleep"),
    "unwell": lazy("unwell"),
    "work": lazy("work"),
}
ITEMS = {
    "rumination": ItemWords(lazy("Stuck in thoughts"), lazy("not at all"), lazy("all the time")),
    "hope": ItemWords(lazy("Hope"), lazy("none"), lazy("a great deal")),
    "connection": ItemWords(lazy("Connection with others"), lazy("none"), lazy("very close")),
    "sleep_hours": ItemWords(lazy("Hours slept"), lazy("none"), lazy("twenty-four")),
    "sleep_quality": ItemWords(lazy("How you slept"), lazy("badly"), lazy("well")),
    "craving": ItemWords(lazy("Craving"), lazy("none"), lazy("as strong as it gets")),
    "intrusive_memories": ItemWords(lazy("Memories that push in"), lazy("none"), lazy("all the time")),
    "urge_to_check": ItemWords(lazy("Urge to check or repeat"), lazy("none"), lazy("as strong as it gets")),
}


def emotion_words(word: str) -> str:
    return str(EMOTIONS.get(word, word))


def context_words(tag: str) -> str:
    return str(CONTEXTS.get(tag, tag))


def item_words(name: str) -> str:
    return str(ITEMS[name].label) if name in ITEMS else name.replace("_", " ")
