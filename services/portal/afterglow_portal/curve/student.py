"""Student's t: the quantile that a 95 % interval needs, without a numerical library at run time."""

from functools import cache
from math import atan, cos, pi, sin, sqrt

TWO_SIDED = 0.95
ROUNDS = 200  # of halving: far below the last digit of a float


@cache
def t_quantile(degrees: int, within: float = TWO_SIDED) -> float:
    """The t with P(|T| < t) = `within` for a whole number of degrees of freedom, to about 12 digits."""
    low, high = 0.0, 1.0
    while probability_within(high, degrees) < within:
        high *= 2
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        low, high = (middle, high) if probability_within(middle, degrees) < within else (low, middle)
    return (low + high) / 2


def probability_within(t: float, degrees: int) -> float:
    """P(|T| < t): Abramowitz, Stegun (1964), Handbook of Mathematical Functions, 26.7.3 and 26.7.4."""
    angle = atan(t / sqrt(degrees))
    odd = degrees % 2
    term = total = cos(angle) if odd else 1.0
    for number in range(2 + odd, degrees - 1, 2):
        term *= cos(angle) ** 2 * (number - 1) / number
        total += term
    if not odd:
        return sin(angle) * total
    return 2 / pi * (angle + (sin(angle) * total if degrees > 1 else 0.0))
