"""A client's 120 days of check-ins, relative to today."""

from datetime import datetime
from random import Random

from afterglow_portal.checkins.history import ImportedCheckIn
from afterglow_portal.checkins.schemas import Items

from afterglow_operator.demonstration.chance import chance, identifier
from afterglow_operator.demonstration.moods import Course, State
from afterglow_operator.demonstration.notes import TAGS, Notebook
from afterglow_operator.demonstration.people import DemoPerson
from afterglow_operator.demonstration.schedule import Moment, moments_of
from afterglow_operator.demonstration.words import tone, words_for

SKIPPED = 0.04
WITHIN_A_DAY = 0.4
TAGGED_WITH_NOTE, TAGGED_WITHOUT = 0.6, 0.12
SESSION_ECHO_DAYS = 2.5
SHORT_NIGHT = 4.5
SILENT_DAYS, PROMPTED_DAYS = 4.5, 4
KEPT_BACK = 0.25  # of notes about a memory, besides what is private anyway


def check_ins_of(client: DemoPerson, now: datetime) -> list[ImportedCheckIn]:
    """Everything entered before `now`, in order of entry; the same for the same local day."""
    course = Course(client, now)
    diary = Diary(client, course)
    entries = [diary.entry(moment) for moment in moments_of(client, course)]
    return [entry for entry in entries if entry.entered_at <= now]


class Diary:
    """Writes one client's entries, one after the other."""

    def __init__(self, client: DemoPerson, course: Course) -> None:
        self.client = client
        self.course = course
        self.source = chance("diary", client.name)
        self.notebook = Notebook(self.source, client.locale)

    def entry(self, moment: Moment) -> ImportedCheckIn:
        state = blurred(self.source, self.course.at(moment.felt_at))
        after_a_dose = any(0 <= days < SESSION_ECHO_DAYS for days in self.course.days_since_doses(moment.felt_at))
        situation = self.notebook.situation(after_a_dose=after_a_dose)
        note = self.notebook.write(situation, tone(state))
        tagged = self.source.random() < (TAGGED_WITH_NOTE if note else TAGGED_WITHOUT)
        return ImportedCheckIn(
            id=identifier(moment.entered_at, self.source),
            entered_at=moment.entered_at,
            felt_at=moment.felt_at,
            time_zone=self.client.time_zone,
            **core_items(self.source, state),
            items=self.items(moment, state),
            words=tuple(words_for(self.source, state)),
            note=note,
            tags=(TAGS[situation],) if tagged else (),
            visibility=self.seen_by(moment, about=situation if note else None),
        )

    def items(self, moment: Moment, state: State) -> Items:
        found = optional_items(self.source, state, self.course.temperament.items)
        return found.model_copy(update={"sleep_hours": SHORT_NIGHT}) if self.course.is_up(moment.felt_at) else found

    def seen_by(self, moment: Moment, *, about: str | None) -> str:
        around_a_dose = self.course.is_asked_for(self.client.today(moment.felt_at)) or self.was_dosed(moment)
        all_of_it = around_a_dose or self.course.is_up(moment.felt_at)
        drawn = visibility(self.source, 1 if all_of_it else self.course.temperament.shared, about=about)
        return "only_me" if self.is_silent(moment) else drawn

    def was_dosed(self, moment: Moment) -> bool:
        return any(0 <= days < PROMPTED_DAYS for days in self.course.days_since_doses(moment.felt_at))

    def is_silent(self, moment: Moment) -> bool:
        """In the days after the last dose, for somebody who keeps those to themselves."""
        since = self.course.days_since_doses(moment.felt_at)
        return self.course.temperament.silent_after_dose and 0 <= since[-1] < SILENT_DAYS


def blurred(source: Random, state: State) -> State:
    """Nobody feels the same at noon and at night."""
    return State(*(source.gauss(value, WITHIN_A_DAY) for value in (state.mood, state.energy, state.anxiety)))


def core_items(source: Random, state: State) -> dict[str, float | None]:
    """The three sliders, now and then one untouched."""
    values: dict[str, float | None] = {
        "mood": halves(state.mood, -5, 5),
        "energy": halves(state.energy, -5, 5),
        "anxiety": halves(state.anxiety, 0, 10),
    }
    if source.random() < SKIPPED * len(values):
        values[source.choice(sorted(values))] = None
    return values


def optional_items(source: Random, state: State, names: tuple[str, ...]) -> Items:
    """The items this client's therapist switched on, as far as they are answered."""
    burden = (state.anxiety - state.mood) / 2 + 2
    levels = {
        "sleep_hours": halves(source.gauss(7 + state.mood / 4, 0.9), 0, 24),
        "sleep_quality": halves(source.gauss(5 + state.mood * 0.7, 1), 0, 10),
        "hope": halves(source.gauss(4.5 + state.mood, 0.8), 0, 10),
        "rumination": halves(source.gauss(burden, 0.9), 0, 10),
        "intrusive_memories": halves(source.gauss(burden - 1.5, 1), 0, 10),
        "urge_to_check": halves(source.gauss(burden, 1.1), 0, 10),
    }
    return Items(**{name: levels[name] for name in names if source.random() > SKIPPED})


def halves(value: float, lowest: int, highest: int) -> float:
    """The nearest half that the slider has."""
    return min(max(round(value * 2) / 2, float(lowest)), float(highest))


def visibility(source: Random, shared: float, *, about: str | None) -> str:
    """`shared` is the share of entries that the therapist sees."""
    drawn = source.random()
    held_back = source.random() < KEPT_BACK
    if about == "memory" and held_back:
        return "only_me"
    if drawn < shared:
        return "therapist"
    return "only_me"  # none waits for a session: what waited was opened when the session after it began
