"""Every pair of colours that the stylesheet sets on each other, in both themes, against WCAG 2.2 AA."""

import re

import pytest
from afterglow_design.static import STATIC_FOLDER

CSS = (STATIC_FOLDER / "afterglow.css").read_text()
SCREEN, _PRINT = CSS.split("@layer print {")
TEXT, SHAPE = 4.5, 3.0
GROUNDS = ("ground", "surface")
SOFT = ("dusk-soft", "glow-soft")
PAIRS = [
    *[(ink, ground, TEXT) for ink in ("ink", "quiet") for ground in (*GROUNDS, *SOFT)],
    *[("ink", ground, TEXT) for ground in ("sage-soft", "alarm-soft")],
    *[(ink, ground, TEXT) for ink in ("dusk", "glow-ink", "sage", "alarm") for ground in GROUNDS],
    ("dusk", "dusk-soft", TEXT),
    ("glow-ink", "glow-soft", TEXT),
    ("sage", "sage-soft", TEXT),
    ("alarm", "alarm-soft", TEXT),
    ("on-solid", "dusk", TEXT),
    ("on-solid", "dusk-strong", TEXT),
    ("on-solid", "alarm", TEXT),
    *[("edge", ground, SHAPE) for ground in (*GROUNDS, "glow-soft")],
    *[(shape, "surface", SHAPE) for shape in ("track", "glow", "dusk", "sage")],
    ("glow", "glow-soft", SHAPE),
    ("dusk", "glow-soft", SHAPE),  # the focus ring on the crisis card
]


def theme_blocks(css: str) -> dict[str, dict[str, str]]:
    """Colour tokens of each of the three blocks that set them, by the block's selector."""
    blocks = re.findall(r"(:root[^\s{]*) \{\s*color-scheme: \w+;(.*?)\}", css, re.DOTALL)
    return {selector: dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", body)) for selector, body in blocks}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_known_contrasts():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("selector", [":root", ':root[data-theme="dark"]'])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_colours_can_be_told_apart(selector: str, front: str, back: str, least: float):
    theme = theme_blocks(SCREEN)[selector]
    assert contrast(theme[front], theme[back]) >= least


def test_dark_by_setting_and_dark_by_choice_are_the_same():
    themes = theme_blocks(SCREEN)
    assert len(themes) == 3
    assert themes[':root:not([data-theme="light"])'] == themes[':root[data-theme="dark"]']
    assert themes[":root"].keys() == themes[':root[data-theme="dark"]'].keys()


def test_the_stylesheet_uses_only_tokens_that_exist():
    defined = set(re.findall(r"(--[a-z-]+):", CSS))
    assert set(re.findall(r"var\((--[a-z-]+)", CSS)) <= defined


def test_colours_are_named_once_as_tokens():
    after_tokens = SCREEN[SCREEN.index("@layer base {") :]
    assert re.findall(r"#[0-9a-f]{3,8}\b", after_tokens) == []
