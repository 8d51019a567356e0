// Notices that the session is over, hands over what is being written, and leaves nothing readable on the screen.
const UNATTENDED = { "Afterglow-Unattended": "true" }; // what a page does by itself keeps no session alive
const TOUCH_EVERY = 60_000;
const ASK_AGAIN = 10_000;
const LONGEST_TIMER = 2_000_000_000;
const limit = Number(document.body.dataset.idle) * 1_000;
const form = document.querySelector("form[data-keep]");
let touched = Date.now();
let timer = 0;
let leaving = false;
let sent = 0; // when a form of this page was, or its reader left: both end the session and lead on by themselves

// Against what the server sent, since somebody may have begun to write before this module came.
function changed(field) {
  if (!field.name || field.type === "hidden") return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.options) {
    return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
  }
  return "defaultValue" in field && field.value !== field.defaultValue;
}

function wait(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(look, Math.min(milliseconds, LONGEST_TIMER));
}

// Another tab may have kept the session alive, ended it, or begun one of somebody else's: the server knows.
async function look() {
  if (Date.now() - sent < ASK_AGAIN) {
    wait(ASK_AGAIN);
    return;
  }
  const state = await ask(UNATTENDED);
  if (state?.signed_in) {
    goOn(state);
  } else if (state) {
    if (document.body.matches("[data-holds]")) hold();
    else leave();
  } else {
    if (Date.now() - touched > limit) document.body.classList.add("covered"); // out of reach: the words stay, unseen
    wait(ASK_AGAIN);
  }
}

function goOn({ seconds, person, csrf_token: token }) {
  if (person !== document.body.dataset.person) {
    leave({ handingOver: false });
    return;
  }
  wait(seconds * 1_000 + 500);
  for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = token;
  document.body.classList.remove("covered", "held");
  document.dispatchEvent(new CustomEvent("afterglow:still-on"));
}

// What a page holds that it can hand over to nobody stays, unseen, until its person has signed in again.
function hold() {
  document.body.classList.add("covered", "held");
  document.dispatchEvent(new CustomEvent("afterglow:covered"));
  wait(ASK_AGAIN);
}

// What the server says of the session; null where it says nothing.
async function ask(headers) {
  const options = { headers: { Accept: "application/json", ...headers }, signal: AbortSignal.timeout(ASK_AGAIN) };
  try {
    const answer = await fetch("/session", options);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

// A plain form does it, so that the browser leaves this page together with what is on it.
function leave({ handingOver = true } = {}) {
  if (leaving) return;
  leaving = true;
  dispatchEvent(new CustomEvent("afterglow:leaving")); // no page keeps anything any more under whoever is signed in now
  const last = document.createElement("form");
  last.method = "post";
  last.action = "/signed-out";
  last.hidden = true;
  const fields = [["shown", form ? form.dataset.keep : location.pathname + location.search]];
  if (handingOver && form && (form.matches("[data-typed]") || [...form.elements].some(changed))) {
    fields.push(["typed", "yes"], ...[...new FormData(form)].filter(([name]) => name !== "kept"));
  }
  for (const [name, value] of fields) {
    if (typeof value !== "string") continue;
    const field = document.createElement("textarea");
    field.name = name;
    field.value = value;
    last.append(field);
  }
  document.body.hidden = true;
  document.body.append(last);
  last.submit();
}

// Somebody who writes is not idle, though nothing is sent yet.
function active() {
  if (Date.now() - touched < Math.min(TOUCH_EVERY, limit / 2)) return;
  touched = Date.now();
  ask({}).then((state) => (state?.signed_in ? wait(limit) : look()));
}

if (limit) {
  for (const name of ["input", "keydown", "pointerdown"]) addEventListener(name, active, { passive: true });
  for (const name of ["submit", "afterglow:leaving"]) addEventListener(name, () => (sent = Date.now()));
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) leaving = false;
    if (persisted) sent = 0;
    if (persisted) look();
  });
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
  document.addEventListener("afterglow:over", look);
  wait(limit);
}
