// After each change the focus goes where the eye goes, and the one live region says what happened.
const live = document.getElementById("live");

export function say(sentence) {
  live.textContent = "";
  setTimeout(() => {
    live.textContent = sentence;
  }, 50); // a region that is filled in the same moment as it is emptied stays silent
}

function settle(root) {
  root.querySelector("[data-focus]")?.focus();
  const sentence = root.querySelector("[data-say]")?.dataset.say;
  if (sentence) say(sentence);
}

settle(document);
document.addEventListener("htmx:after:swap", (event) => settle(event.detail?.ctx?.target ?? document));
document.addEventListener("htmx:error", () => say(live.dataset.failure)); // no answer came; an error page is swapped in and speaks for itself
