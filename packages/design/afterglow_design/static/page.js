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

if (location.hash) document.querySelector("[data-focus]")?.addEventListener("blur", stay, { once: true });
settle();
document.addEventListener("htmx:after:swap", settle);
document.addEventListener("htmx:error", () => say(live.dataset.failure)); // no answer came; an error page is swapped in and speaks for itself

// A button that prints is of no use without this module, and hidden until then.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
