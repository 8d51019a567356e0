// Keeps what is being written as a draft, every few seconds and on leaving; a second tab's words get a draft of their own.
import { say } from "./page.js";

const form = document.querySelector("form[data-draft]");
const discard = document.getElementById("discard");
const shown = document.getElementById("kept");
const PAUSE = 3_000; // after the first change that is not kept yet
const AGAIN = 10_000; // when the portal was not reached
const PATIENCE = 15_000;
const LITTLE_PATIENCE = 2_000; // when somebody waits for it
const OUTLIVES_THE_PAGE = 60_000; // bytes: browsers let 64 KiB of a page that is gone finish
let waiting = 0;
let changed = false;
let saving = null; // the one that is under way: never two, since both would go on from the same revision
let unanswered = null; // what may be stored though no answer came: sent once more as it was, it is the same saving
let sent = false;
let held = false;

function typed() {
  const fields = [...new FormData(form)].filter(([name]) => name !== "csrf_token" && name !== "kept");
  return JSON.stringify(Object.fromEntries(fields));
}

function wait(milliseconds) {
  clearTimeout(waiting);
  waiting = setTimeout(keep, milliseconds);
}

function keep({ leaving = false } = {}) {
  clearTimeout(waiting);
  waiting = 0;
  if (saving || sent || !changed) return;
  const words = typed();
  const body = leaving ? words : (unanswered ?? words);
  changed = body !== words;
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  saving = { patience, ended: put(body, patience.signal) };
  saving.ended.then(() => {
    clearTimeout(timer);
    saving = null;
    if (!changed || waiting) return;
    if (document.visibilityState === "hidden") keep();
    else wait(PAUSE);
  });
}

// Never rejects.
async function put(body, signal) {
  const headers = { "Content-Type": "application/json", "Afterglow-Person": document.body.dataset.person };
  const keepalive = new Blob([body]).size < OUTLIVES_THE_PAGE;
  try {
    const answer = await fetch(form.dataset.draft, { method: "PUT", body, headers, keepalive, signal });
    const said = answer.ok ? await answer.json() : null;
    unanswered = null;
    if (said) goOn(said);
    else notKept(answer.status);
  } catch {
    unanswered = body;
    notKept(0);
  }
}

function goOn({ id, revision, apart, said }) {
  form.elements.revision.value = revision;
  if (discard) discard.elements.revision.value = revision;
  shown.textContent = said;
  if (!apart) return;
  say(said); // what is kept as ever is shown in silence
  const address = `/journal/${id}`;
  form.elements.base_version.value = 0;
  form.action = address;
  form.dataset.draft = `${address}/draft`;
  form.dataset.keep = `${address}/write`;
  for (const button of form.querySelectorAll("[formaction]")) button.formAction = `${address}/draft`;
  if (discard) discard.action = `${address}/draft/removal`;
  history.replaceState(null, "", `${address}/write`);
}

// What is wrong with the words themselves is said when they are saved; a session that is over, or somebody else's by
// now, by the module for that.
function notKept(status) {
  const refused = status >= 400 && status < 500;
  shown.textContent = refused ? form.dataset.refused : form.dataset.unkept;
  if (status === 401 || status === 403) document.dispatchEvent(new CustomEvent("afterglow:over"));
  if (refused) return;
  changed = true;
  wait(AGAIN);
}

// Whatever form of the page is sent, nothing is kept after it, and it goes once what is under way has its revision.
function submitted(event) {
  if (event.defaultPrevented) return;
  sent = true;
  if (!saving) return;
  event.preventDefault();
  if (held) return;
  held = true;
  setTimeout(() => saving?.patience.abort(), LITTLE_PATIENCE);
  const { target, submitter } = event;
  saving.ended.then(() => {
    held = false;
    target.requestSubmit(submitter);
  });
}

if (form) {
  form.addEventListener("input", () => {
    changed = true;
    if (!saving && !waiting) wait(PAUSE);
  });
  document.addEventListener("submit", submitted);
  addEventListener("afterglow:leaving", () => (sent = true));
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && keep({ leaving: true }));
  addEventListener("pagehide", () => keep({ leaving: true }));
  addEventListener("pageshow", () => (sent = false));
}
