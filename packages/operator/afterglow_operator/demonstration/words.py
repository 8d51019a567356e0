"""Which of portal's words fit a state."""

from random import Random

from afterglow_operator.demonstration.moods import State

LOW = (
    "alone",
    "disappointed",
    "distant",
    "empty",
    "flat",
    "heavy",
    "lonely",
    "numb",
    "sad",
    "stuck",
    "guilty",
    "foggy",
)
LEVEL = ("bored", "content", "curious", "quiet", "wondering", "tender", "distant", "open")
HIGH = ("alive", "connected", "free", "grateful", "hopeful", "joyful", "light", "moved", "playful", "proud", "warm")
ANXIOUS = ("afraid", "anxious", "overwhelmed", "restless", "tense", "uneasy", "vulnerable", "irritable")
AT_EASE = ("at ease", "calm", "clear", "peaceful", "relieved", "safe")
SPENT = ("drained", "tired")

LOW_MOOD, HIGH_MOOD = -1.2, 1.0
TENSE_FROM, CALM_BELOW = 5.5, 3.0
SPENT_BELOW = -2.0
MOST = 4


def tone(state: State) -> str:
    """`low`, `level` or `high`."""
    if state.mood < LOW_MOOD:
        return "low"
    return "high" if state.mood > HIGH_MOOD else "level"


def words_for(source: Random, state: State) -> list[str]:
    """None to four words, in alphabetical order as the form lists them."""
    fitting = set({"low": LOW, "level": LEVEL, "high": HIGH}[tone(state)])
    if state.anxiety > TENSE_FROM:
        fitting.update(ANXIOUS)
    if state.anxiety < CALM_BELOW:
        fitting.update(AT_EASE)
    if state.energy < SPENT_BELOW:
        fitting.update(SPENT)
    number = min(source.choice((0, 1, 1, 2, 2, 3, MOST)), len(fitting))
    return sorted(source.sample(sorted(fitting), number))
