// After each change the focus goes where the eye goes, and the one live region says what happened.
const live = document.getElementById("live");

export function say(sentence) {
  live.textContent = "";
  setTimeout(() => {
    live.textContent = sentence;
  }, 50); // a region that is filled in the same moment as it is emptied stays silent
}

// Each mark counts once: an element that was replaced by its successors is no longer there to search in.
function take(name) {
  const marked = document.querySelector(`[${name}]`);
  const value = marked?.getAttribute(name);
  marked?.removeAttribute(name);
  return { marked, value };
}

function settle() {
  take("data-focus").marked?.focus();
  const { value } = take("data-say");
  if (value) say(value);
}

// A browser that goes to a place on the page, once it is drawn, takes the focus away from what has it.
function stay({ target, relatedTarget }) {
  if (!relatedTarget) target.focus({ preventScroll: true });
}

// The same for a field that somebody types in meanwhile: until all has loaded, unless they tapped elsewhere themselves.
function keepTyping() {
  const done = new AbortController();
  const { signal } = done;
  const end = () => done.abort();
  document.addEventListener("blur", (event) => document.hasFocus() && stay(event), { capture: true, signal });
  document.addEventListener("pointerdown", end, { capture: true, signal });
  addEventListener("load", () => setTimeout(end, 500), { signal });
}

if (location.hash) {
  document.querySelector("[data-focus]")?.addEventListener("blur", stay, { once: true });
  if (document.readyState !== "complete") keepTyping();
}
settle();
document.addEventListener("htmx:after:swap", settle);
document.addEventListener("htmx:error", () => say(live.dataset.failure)); // no answer came; an error page is swapped in and speaks for itself

// A button that prints is of no use without this module, and hidden until then.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
