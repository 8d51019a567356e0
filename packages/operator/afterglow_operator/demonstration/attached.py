"""Files that go with the demonstration's messages, drawn here: nothing of anybody's is in them."""

from io import BytesIO

from PIL import Image, ImageDraw

from afterglow_operator.demonstration.people import FOUNDED


def content_of(name: str) -> bytes:
    """A page or a picture, by the ending of its name."""
    return page(name.rpartition(".")[0]) if name.endswith(".pdf") else evening()


def page(title: str) -> bytes:
    """A PDF of one page with its title on it; the same bytes, whenever it is drawn."""
    content = BytesIO()
    sheet = Image.new("RGB", (620, 877), "white")
    draw = ImageDraw.Draw(sheet)
    draw.text((60, 60), title, fill="black", font_size=28)
    for row in range(14):
        draw.line((60, 150 + 36 * row, 560 - 18 * (row % 5), 150 + 36 * row), fill="#c9c2b8", width=6)
    drawn = FOUNDED.timetuple()
    sheet.save(content, "PDF", title=title, creationDate=drawn, modDate=drawn)
    return content.getvalue()


def evening() -> bytes:
    """A sky after the sun is gone, over a line of hills."""
    sky = Image.new("RGB", (960, 640))
    draw = ImageDraw.Draw(sky)
    for row in range(640):
        share = row / 640
        draw.line((0, row, 960, row), fill=(int(84 + 160 * share), int(70 + 100 * share), int(130 + 10 * share)))
    draw.polygon([(0, 640), (0, 520), (220, 450), (430, 530), (660, 430), (960, 540), (960, 640)], fill="#2b2438")
    content = BytesIO()
    sky.save(content, "JPEG", quality=88)
    return content.getvalue()
