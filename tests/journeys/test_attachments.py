"""Files in a conversation: sent in parts from a phone, over a cut, seen by the other side, and without JavaScript."""

import re
from io import BytesIO

from afterglow_design.testing.axe import violations
from PIL import Image
from playwright.async_api import FilePayload, Page, Route, expect

from tests.journeys.browsing import Visit

CLIENT, THERAPIST = "Farid Haddad", "Hannah Oyelaran"
ANSWER = re.compile(r"/attachments/[0-9a-f-]{36}(/completion)?$")
LETTER = FilePayload(name="letter.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7\n" + bytes(700_000) + b"%%EOF\n")
COLLECT_SPOKEN = """() => {
    window.spoken = [];
    const note = () => window.spoken.push(document.getElementById("live").textContent);
    new MutationObserver(note).observe(document.getElementById("live"), { childList: true });
}"""
EXPECTED = re.compile(r"ERR_FAILED|status of 4")


def photo() -> FilePayload:
    """As a telephone makes one, with a comment in it."""
    content = BytesIO()
    Image.effect_noise((900, 700), 90).convert("RGB").save(content, "JPEG", quality=95, comment=b"at home")
    return FilePayload(name="garden.jpg", mimeType="image/jpeg", buffer=content.getvalue())


async def choose(page: Page, *files: FilePayload) -> None:
    await page.get_by_text("Add a picture, a PDF or a recording").click()
    await page.get_by_label("Files from this device").set_input_files(list(files))


async def said(page: Page, words: str) -> None:
    await expect(page.locator("#files-said")).to_contain_text(words)


async def test_a_file_goes_on_where_it_was_and_is_taken_by_the_other_side(visit: Visit) -> None:
    async with visit("phone") as client:
        page: Page = client.page
        await client.sign_in(CLIENT)
        await client.open_messages()
        cut: list[str] = []

        async def cut_once(route: Route) -> None:
            if route.request.method == "PATCH" and route.request.headers["upload-offset"] != "0" and not cut:
                cut.append(route.request.headers["upload-offset"])
                await route.abort()
            else:
                await route.continue_()

        await page.route(ANSWER, cut_once)
        await page.get_by_label("Your message").fill("The letter, and the garden")
        await choose(page, LETTER, photo())
        await expect(page.get_by_role("checkbox", name="letter.pdf")).to_be_checked()
        await expect(page.get_by_role("checkbox", name="garden.jpg")).to_be_checked()
        await said(page, "garden.jpg is ready")
        assert cut == ["262144"]
        assert await violations(page) == []
        await page.get_by_role("button", name="Send").click()
        sent = page.locator(".message-own").last
        await expect(sent.get_by_role("link", name="letter.pdf")).to_be_visible()
        await expect(sent).to_contain_text("PDF, 700 kB")
        await expect(page.get_by_label("Your message")).to_have_value("")
        await expect(page.locator("#files li")).to_have_count(0)
        client.faults[:] = [fault for fault in client.faults if not EXPECTED.search(fault)]
    async with visit("desktop") as therapist:
        await therapist.sign_in(THERAPIST)
        await therapist.open_messages(CLIENT)
        last = therapist.page.locator(".message").last
        assert await violations(therapist.page) == []
        for name, content in (("letter.pdf", LETTER["buffer"]), ("garden.jpg", None)):
            async with therapist.page.expect_download() as downloading:
                await last.get_by_role("link", name=name).click()
            download = await downloading.value
            assert download.suggested_filename == name
            taken = (await download.path()).read_bytes()
            assert b"at home" not in taken
            assert content in {None, taken}


async def test_what_is_refused_says_why_and_keeps_the_words(visit: Visit) -> None:
    async with visit("phone") as client:
        page: Page = client.page
        await client.sign_in(CLIENT)
        await client.open_messages()
        await page.get_by_label("Your message").fill("Still here")
        zipped = FilePayload(name="letter.pdf", mimeType="application/pdf", buffer=b"PK\x03\x04" + bytes(100))
        await choose(page, zipped)
        await said(page, "this kind cannot be sent")
        await page.get_by_label("Files from this device").set_input_files([LETTER] * 6)
        await said(page, "letter.pdf is ready")
        await expect(page.locator("#files li")).to_have_count(5)
        for _ in range(5):
            await page.get_by_role("button", name="Remove").first.click()
        await expect(page.locator("#files li")).to_have_count(0)
        await expect(page.get_by_label("Your message")).to_have_value("Still here")
        client.faults[:] = [fault for fault in client.faults if not EXPECTED.search(fault)]


async def test_a_file_alone_is_sent_and_spoken_once_and_nothing_of_a_refusal_stays(visit: Visit) -> None:
    """What is wrong with a form goes once it is sent, although no page is loaded for it."""
    async with visit("phone") as client, visit("desktop") as therapist:
        page: Page = client.page
        await client.sign_in(CLIENT)
        await client.open_messages()
        await therapist.sign_in(THERAPIST)
        await therapist.open_messages(CLIENT)
        await therapist.page.evaluate(COLLECT_SPOKEN)
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator("#write .error-summary")).to_be_focused()
        await choose(page, photo())
        await said(page, "garden.jpg is ready")
        await page.get_by_role("button", name="Send").click()
        sent = page.locator(".message-own").last
        await expect(sent.get_by_role("link", name="garden.jpg")).to_be_visible()
        await expect(page.locator("#write .error-summary, #write .field-error, [aria-invalid]")).to_have_count(0)
        await expect(therapist.page.locator("#live")).to_have_text(re.compile(rf"{CLIENT} \d\d:\d\d garden.jpg$"))
        place = await sent.get_attribute("id")
        await therapist.page.locator(f"#{place}").get_by_role("link", name="Reply to the message").click()
        await expect(therapist.page.locator("[data-replying] .quote-text")).to_have_text("garden.jpg")
        await therapist.page.get_by_label("Your message").fill("Lovely")
        await therapist.page.get_by_role("button", name="Send").click()
        await expect(page.locator(".message .quote-text").last).to_have_text("garden.jpg")
        spoken = await therapist.page.evaluate("window.spoken")
        assert len([one for one in spoken if "garden.jpg" in one]) == 1
        client.faults[:] = [fault for fault in client.faults if not EXPECTED.search(fault)]


async def test_without_javascript(visit: Visit) -> None:
    async with visit("phone", javascript=False) as client:
        page: Page = client.page
        await client.sign_in(CLIENT)
        await client.open_messages()
        await choose(page, LETTER)
        await page.get_by_label("Your message").fill("x" * 10_001)
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator("#write .error-summary")).to_contain_text("at most 10,000 characters fit")
        await expect(page.get_by_role("checkbox", name="letter.pdf")).to_be_checked()
        await page.get_by_label("Your message").fill("")
        await page.get_by_role("button", name="Send").click()
        sent = page.locator(".message-own").last
        async with page.expect_download() as downloading:
            await sent.get_by_role("link", name="letter.pdf").click()
        assert (await (await downloading.value).path()).read_bytes() == LETTER["buffer"]
        client.faults[:] = [fault for fault in client.faults if not EXPECTED.search(fault)]


async def test_what_is_larger_than_anything_taken_is_still_in_the_form_behind_it(visit: Visit) -> None:
    """It says so, and it is so: no service ever saw the words, and the browser still has them."""
    words = "All that I wanted to say about the garden"
    async with visit("phone", javascript=False) as client:
        await client.sign_in(CLIENT)
        await client.open_messages()
        page: Page = client.page
        await page.get_by_label("Your message").fill(words)
        await choose(page, FilePayload(name="large.pdf", mimeType="application/pdf", buffer=bytes(2_000_000)))
        await page.get_by_role("button", name="Send").click()
        said = re.compile("This could not be taken|That was too long")  # by the gateway, or by web before it
        await expect(page.get_by_role("heading", level=1)).to_have_text(said)
        await expect(page.get_by_text("what you typed should still be there")).to_be_visible()
        await page.go_back()
        await expect(page.get_by_label("Your message")).to_have_value(words)
        await page.get_by_label("Files from this device").set_input_files([])
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator(".message-own").last).to_contain_text(words)
        client.faults[:] = [fault for fault in client.faults if not EXPECTED.search(fault)]
