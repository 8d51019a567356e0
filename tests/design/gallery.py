"""A small application that shows every component: what the tests of the look open in a browser."""

import math
from datetime import date, timedelta
from pathlib import Path

from afterglow_design import dates, figures, static
from afterglow_design.practice import Practice
from afterglow_design.templates import make_templates
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse

NAV = [
    {"label": "Today", "href": "/gallery", "icon": "today"},
    {"label": "Journal", "href": "/journal", "icon": "journal"},
    {"label": "My path", "href": "/path", "icon": "path"},
    {"label": "Messages", "href": "/messages", "icon": "messages", "count": 3},
]
PEOPLE = [("Ada Lindqvist", 3.0), ("Tomás Etxeberria-Goikoetxea Ó Súilleabháin", -1.5), ("Mei", None)]
SIGNED_IN = {"person_name": "Ada Lindqvist", "csrf_token": "token-of-this-session"}
PRACTICE = Practice(telephone="+1 (555) 010-0199", hours="Monday to Friday, 9 to 17. Not around the clock.")


def values(phase: float) -> list[float | None]:
    """Thirty day means on the mood scale with two gaps and one day on its own."""
    gaps = {6, 7, 18, 20, 21}
    return [None if day in gaps else 3 * math.sin(day / 5 + phase) for day in range(30)]


def curve() -> figures.Curve:
    """Two measures over thirty days."""
    first = date(2026, 3, 1)
    labels = {index: dates.day(first + timedelta(days=index)) for index in (0, 14, 29)}
    mood, energy = values(0), values(1.5)
    return figures.Curve(
        summary="Mood was mostly above the middle in the first days of March. 25 days with entries, five without any.",
        lines=[
            figures.line("Mood", mood, low=-5, high=5, hollow=[*[None] * 18, -2.0]),
            figures.line("Energy", energy, low=-5, high=5, tone="dusk"),
        ],
        y_ticks=figures.y_ticks({value: dates.signed(value) for value in (-5, 0, 5)}, low=-5, high=5),
        x_ticks=figures.x_ticks(labels, count=30),
        table_caption="Mood and energy by day",
        table_headers=["Day", "Mood", "Energy"],
        table_rows=[
            figures.Row(
                figures.across(day, count=30),
                [dates.short_day(first + timedelta(days=day)), dates.signed(mood[day]), dates.signed(energy[day])],
            )
            for day in range(30)
        ],
        hollow_words="Noted later",
        marks=[
            figures.Mark(figures.across(9.5, count=30), "dose", "Dose"),
            figures.Mark(figures.across(12.25, count=30), "session", "Session"),
        ],
        reading="Read one day",
    )


def create() -> FastAPI:
    """Serve the gallery, an error page and an echo of posted forms."""
    app = FastAPI(openapi_url=None)
    templates = make_templates(None, static_prefix="/static", practice=PRACTICE, folder=Path(__file__).parent / "pages")
    static.mount(app, "/static")

    @app.get("/gallery")
    async def gallery(
        request: Request, theme: str = "", width: str = "wide", mood: float | None = None, errors: bool = False
    ) -> HTMLResponse:
        drawing = figures.sparkline(values(0), low=-5, high=5, summary="Mood over 30 days, five without an entry")
        context = {"theme": theme, "width": width, "mood": mood, "with_errors": errors, "sparkline": drawing}
        return templates.page(request, "gallery.html", people=PEOPLE, nav=NAV, curve=curve(), **SIGNED_IN, **context)

    @app.get("/problem")
    async def problem(request: Request) -> HTMLResponse:
        return templates.page(
            request, "problem.html", 404, title="This page is not here",
            what_happened="The address may be old, or the page may belong to someone else.",
            next_steps=[{"text": "Go to the start", "href": "/"}], reference="0190-abc",
        )  # fmt: skip

    @app.get("/swap")
    async def swap(request: Request) -> HTMLResponse:
        return templates.page(request, "swap.html")

    @app.post("/swap/part")
    async def part(request: Request) -> HTMLResponse:
        return templates.page(request, "part.html")

    @app.post("/posted")
    async def posted(request: Request) -> JSONResponse:
        form = await request.form()
        return JSONResponse([[name, value] for name, value in form.multi_items()])

    return app
