// Leaving at once: the button, or Shift three times with nothing in between. The screen is empty before anybody answers.
const PATIENCE = 2_000; // from the first Shift to the third
const form = document.querySelector("form[data-leave]");
let presses = [];

function leave(event) {
  event?.preventDefault();
  dispatchEvent(new CustomEvent("afterglow:leaving", { detail: { atOnce: true } }));
  document.title = form.dataset.title;
  document.body.hidden = true;
  navigator.sendBeacon(form.action, new URLSearchParams({ leave: "now" })); // arrives although the page is gone
  location.replace(form.dataset.leave);
}

function pressed(event) {
  if (event.key !== "Shift") presses = [];
  if (event.key !== "Shift" || event.repeat) return;
  presses = [...presses.filter((moment) => event.timeStamp - moment < PATIENCE), event.timeStamp];
  if (presses.length === 3) leave();
}

form?.addEventListener("submit", leave);
if (form) addEventListener("keydown", pressed, { capture: true });
