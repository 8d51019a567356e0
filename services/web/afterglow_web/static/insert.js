// Puts a saved answer where the cursor is, so that nothing typed moves; what goes wrong goes the plain way.
import { say } from "./page.js";

const button = document.querySelector("[data-insert]");

async function insert(event) {
  const { answer, text } = button.form.elements;
  event.preventDefault();
  const options = { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(10_000) };
  const found = await fetch(`/messages/answers/${answer.value}/words`, options).catch(() => null);
  const words = found?.ok ? await found.json().catch(() => null) : null;
  if (!words) {
    button.removeEventListener("click", insert);
    button.click();
    return;
  }
  const before = text.value.slice(0, text.selectionStart);
  const gap = before.trim() && !before.endsWith("\n\n") ? "\n\n" : "";
  text.setRangeText(gap + words.text, text.selectionStart, text.selectionEnd, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
  button.closest("details").open = false;
  text.focus();
  say(button.dataset.insert);
}

button?.addEventListener("click", insert);
