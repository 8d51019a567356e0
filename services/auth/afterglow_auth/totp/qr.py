"""An enrolment as a picture for the app's camera."""

from dataclasses import dataclass

QUIET = 4  # modules left white around it (ISO/IEC 18004)


@dataclass(frozen=True, slots=True)
class Picture:
    """The dark parts as one SVG path in a square of `size`; `<svg viewBox="0 0 size size"><path d="path"/></svg>`."""

    size: int
    path: str


def picture(uri: str) -> Picture:
    """Draw it ourselves: a template puts it in its place without inline style, which the policy forbids."""
    import segno  # noqa: PLC0415  # only who sets an app up needs it

    rows = [list(row) for row in segno.make_qr(uri, error="m").matrix_iter(scale=1, border=QUIET)]
    path = "".join(
        f"M{start} {y}h{length}v1h-{length}z" for y, row in enumerate(rows) for start, length in dark_runs(row)
    )
    return Picture(len(rows), path)


def dark_runs(row: list[int]) -> list[tuple[int, int]]:
    """Where dark modules begin and how many follow one another."""
    runs: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if not dark:
            continue
        if runs and sum(runs[-1]) == x:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((x, 1))
    return runs
