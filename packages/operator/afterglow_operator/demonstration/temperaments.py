"""How each client of the demonstration is: where they start, how they move, how they answer to treatment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Temperament:
    """Moods and levels are in the check-in's own units, times in hours of the local day or in days.

    `lift` is how far mood rises at the peak after a dose, `fade_days` how long until little of it is left, `drift`
    the slow change of mood over the whole history, `shared` the share of entries for the therapist
    (the rest is for nobody else). `dosed_days_ago` are the days of doses where an induction is not long over; whoever
    is `silent_after_dose` keeps the days after the last one to themselves. `low_now` is the depth of a dip that lasts.
    Of whoever is `up_now` the last days are of much energy after short nights, and the plan watches for it.
    """

    mood: float
    energy: float
    anxiety: float
    unrest: float
    lift: float
    fade_days: float
    drift: float
    adherence: float
    usual_hour: float
    weekdays: tuple[int, int] = (1, 4)
    dose_hour: int = 10
    doses: int = 6
    boosters: int = 2
    items: tuple[str, ...] = ()
    shared: float = 0.81
    dosed_days_ago: tuple[int, ...] = ()
    silent_after_dose: bool = False
    low_now: float = 0.0
    up_now: bool = False


TEMPERAMENTS = {
    "Maya Lindqvist": Temperament(
        mood=-1.9, energy=-1.2, anxiety=5.6, unrest=0.6, lift=3.0, fade_days=7, drift=1.3, adherence=0.9,
        usual_hour=8.2, items=("sleep_hours", "hope"),
    ),
    "Tobias Reuter": Temperament(
        mood=-2.6, energy=-2.0, anxiety=4.2, unrest=1.1, lift=3.0, fade_days=5, drift=0.9, adherence=0.82,
        usual_hour=20.5, weekdays=(0, 3), dose_hour=13,
    ),
    "Amara Nwosu": Temperament(
        mood=-1.4, energy=-0.6, anxiety=6.9, unrest=0.9, lift=2.0, fade_days=9, drift=1.6, adherence=0.93,
        usual_hour=7.4, weekdays=(0, 3), items=("intrusive_memories", "sleep_quality"),
    ),
    "Daniel Kowalczyk": Temperament(
        mood=-2.3, energy=-1.5, anxiety=5.0, unrest=0.9, lift=0.0, fade_days=6, drift=-0.3, adherence=0.86,
        usual_hour=19.0, items=("rumination",),
    ),
    "Elena Paredes": Temperament(
        mood=-1.7, energy=0.4, anxiety=7.2, unrest=1.2, lift=1.7, fade_days=4, drift=-0.2, adherence=0.68,
        usual_hour=21.3, weekdays=(2, 4), doses=2, boosters=0,
    ),
    "Farid Haddad": Temperament(
        mood=-2.0, energy=-1.0, anxiety=5.8, unrest=0.8, lift=0.0, fade_days=6, drift=0.2, adherence=0.88,
        usual_hour=9.1, doses=0, boosters=0, items=("hope",),
    ),
    "Grace Yamamoto": Temperament(
        mood=-0.9, energy=-0.8, anxiety=4.8, unrest=1.3, lift=2.2, fade_days=10, drift=0.8, adherence=0.8,
        usual_hour=12.6, weekdays=(1, 3), dose_hour=11, items=("urge_to_check",),
    ),
    "Nadia Brunner": Temperament(
        mood=-1.8, energy=-1.0, anxiety=5.2, unrest=0.8, lift=2.4, fade_days=6, drift=0.4, adherence=0.92,
        usual_hour=8.6, items=("hope",), shared=0.9, dosed_days_ago=(12, 8, 5, 1),
    ),
    "Owen Achterberg": Temperament(
        mood=-0.4, energy=-0.3, anxiety=4.4, unrest=0.6, lift=0.0, fade_days=6, drift=0.2, adherence=0.95,
        usual_hour=7.2, doses=0, boosters=0, shared=0.95, low_now=4.2,
    ),
    "Lucia Ferrand": Temperament(
        mood=-2.1, energy=-1.4, anxiety=6.1, unrest=0.9, lift=1.6, fade_days=5, drift=0.1, adherence=0.84,
        usual_hour=20.8, items=("sleep_quality",), dosed_days_ago=(27, 23, 20, 6), silent_after_dose=True,
    ),
    "Priya Raman": Temperament(
        mood=-1.2, energy=-0.7, anxiety=5.5, unrest=0.7, lift=0.0, fade_days=6, drift=0.6, adherence=0.9,
        usual_hour=21.6, doses=0, boosters=0, items=("rumination", "sleep_hours"), shared=0.88, up_now=True,
    ),
    "Ellis Thornbury": Temperament(
        mood=-1.6, energy=-1.7, anxiety=4.4, unrest=0.7, lift=1.8, fade_days=6, drift=0.5, adherence=0.78,
        usual_hour=18.1, weekdays=(2, 4), boosters=0, shared=0.5,
    ),
}  # fmt: skip  # one line of levels, one of habits
