// Keeps what is being written as a draft, every few seconds and on leaving; a second tab's words get a draft of their own.
import { say } from "./page.js";

const form = document.querySelector("form[data-draft]");
const shown = document.getElementById("kept");
const PAUSE = 3_000; // after the first change that is not kept yet
const AGAIN = 10_000; // when the portal was not reached
const PATIENCE = 15_000;
let waiting = 0;
let changed = false;
let under_way = false;
let sent = false;

function typed() {
  const fields = [...new FormData(form)].filter(([name]) => name !== "csrf_token" && name !== "kept");
  return JSON.stringify(Object.fromEntries(fields));
}

function wait(milliseconds) {
  if (!waiting) waiting = setTimeout(keep, milliseconds);
}

async function keep({ leaving = false } = {}) {
  clearTimeout(waiting);
  waiting = 0;
  if (!changed || sent || (under_way && !leaving)) return;
  changed = false;
  under_way = true;
  const options = { method: "PUT", body: typed(), headers: { "Content-Type": "application/json" }, keepalive: leaving };
  if (!leaving) options.signal = AbortSignal.timeout(PATIENCE);
  try {
    const answer = await fetch(form.dataset.draft, options);
    if (answer.ok) goOn(await answer.json());
    else notKept(answer.status);
  } catch {
    notKept(0);
  }
  under_way = false;
  if (changed) wait(PAUSE);
}

function goOn({ id, revision, apart, said }) {
  form.elements.revision.value = revision;
  shown.textContent = said;
  if (!apart) return;
  say(said); // what is kept as ever is shown in silence
  const address = `/journal/${id}`;
  form.elements.base_version.value = 0;
  form.action = address;
  form.dataset.draft = `${address}/draft`;
  form.dataset.keep = `${address}/write`;
  form.querySelector("[formaction]").formAction = `${address}/draft`;
  history.replaceState(null, "", `${address}/write`);
}

// What is wrong with the words themselves is said when they are saved; a session that is over, by the module for that.
function notKept(status) {
  shown.textContent = form.dataset.unkept;
  if (status === 401) document.dispatchEvent(new CustomEvent("afterglow:over"));
  if (status && status < 500) return;
  changed = true;
  clearTimeout(waiting);
  waiting = setTimeout(keep, AGAIN);
}

if (form) {
  form.addEventListener("input", () => {
    changed = true;
    if (!under_way) wait(PAUSE);
  });
  form.addEventListener("submit", () => (sent = true));
  addEventListener("afterglow:leaving", () => (sent = true));
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && keep({ leaving: true }));
  addEventListener("pagehide", () => keep({ leaving: true }));
  addEventListener("pageshow", () => (sent = false));
}
