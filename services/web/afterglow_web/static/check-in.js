// Saving a check-in: first on this phone, then at the portal. What was typed stays until one of both has it.
import { newId } from "./new-id.js";
import { account, clock, entries, keep, meet, onSent, put, remember, send } from "./outbox.js";
import { say } from "./page.js";
import { lookAgain } from "./unsent.js";

const AGAIN = 30_000;
const MEASURES = ["mood", "energy", "anxiety"];
const form = document.querySelector("form[data-outbox]");
const told = document.getElementById("told");
const button = form.querySelector("button[type=submit]");
const onThePage = document.body.dataset.person;
let saving = false;

function tell(name, tone = "glow") {
  told.firstElementChild.textContent = told.dataset[name];
  told.className = ["notice", `notice-${tone}`].join(" ");
  told.hidden = false;
  told.scrollIntoView({ block: "nearest" });
  say(told.textContent);
}

function number(value) {
  return value?.trim() ? Number(value) : null;
}

// The same JSON as the server makes of the form. When it was is settled on sending, unless somebody wrote it down.
function bodyOf(fields) {
  const named = (kind) => Object.entries(fields).filter(([name]) => name.startsWith(kind)).map(([name, value]) => [name.slice(kind.length), value]);
  const items = Object.fromEntries(named("item-").map(([name, value]) => [name, number(value)]).filter(([, value]) => value !== null));
  return {
    ...Object.fromEntries(MEASURES.map((name) => [name, number(fields[name])])),
    items,
    words: named("word-").map(([name]) => name),
    tags: named("tag-").map(([name]) => name),
    note: fields.note.trim().replaceAll("\r\n", "\n") || null,
    felt_at: fields.felt_at ? new Date(fields.felt_at).toISOString() : null,
    time_zone: fields.time_zone || form.dataset.zone || "UTC",
    visibility: fields.visibility,
  };
}

async function entryOf(person) {
  const fields = Object.fromEntries([...new FormData(form)].filter(([name]) => name !== "csrf_token"));
  return { person, id: fields.id, fields, body: bodyOf(fields), clock: await clock() };
}

function startAnew() {
  form.removeAttribute("data-typed");
  form.reset();
  form.elements.id.value = newId();
}

async function save(event) {
  if (form.elements.kept) return; // the server keeps those words, and goes on with them
  event.preventDefault();
  if (saving) return;
  saving = true;
  button.setAttribute("aria-disabled", "true");
  try {
    const person = onThePage ?? (await account())?.person;
    if (person) await saveFor(person);
    else tell("nobody");
  } finally {
    saving = false;
    button.removeAttribute("aria-disabled");
  }
}

async function saveFor(person) {
  const entry = await entryOf(person);
  if (MEASURES.every((name) => entry.body[name] === null)) {
    tellNothingSaid();
    return;
  }
  try {
    await keep(entry);
  } catch {
    await sendAlone(entry);
    return;
  }
  tell("kept");
  const { over } = await send({ attended: true });
  const left = (await entries(person)).find(({ id }) => id === entry.id); // another tab may have sent it
  if (!left) location.assign(`/check-ins?saved=${entry.fields.visibility}`);
  else if (left.refused) await lookAgain(left);
  else startAnew();
  if (over) document.dispatchEvent(new CustomEvent("afterglow:over"));
}

// No room on this phone: only the portal can have it.
async function sendAlone(entry) {
  entry.body.felt_at ??= new Date().toISOString();
  const answer = onThePage ? await put(entry) : null;
  if (answer?.ok) location.assign(`/check-ins?saved=${entry.fields.visibility}`);
  else if (answer && answer.status < 500) form.submit(); // the page that comes back says what is wrong
  else tell("full", "alarm");
}

function tellNothingSaid() {
  document.querySelector(".error-summary")?.remove();
  form.before(document.getElementById("nothing-said").content.cloneNode(true));
  const summary = document.querySelector(".error-summary");
  summary.focus();
}

// On a page that the browser kept: whose it is now, and where their check-ins start.
async function takeOver() {
  const known = await account();
  form.hidden = !known;
  document.getElementById("nobody").hidden = Boolean(known);
  form.elements.id.value = newId();
  for (const choice of form.querySelectorAll("input[name=visibility]")) {
    choice.defaultChecked = choice.checked = choice.value === known?.visibility;
  }
  if (!form.querySelector("input[name=visibility]:checked")) form.querySelector(".seen-by").open = true;
  addEventListener("online", goBack);
  setInterval(goBack, AGAIN);
}

// To the portal's own page, which sends what is kept: as soon as it answers, and never from under somebody's words.
async function goBack() {
  const { note, ...measures } = bodyOf(Object.fromEntries(new FormData(form)));
  if (saving || note || MEASURES.some((name) => measures[name] !== null)) return;
  const answer = await fetch("/session", { headers: { "Afterglow-Unattended": "true" } }).catch(() => null);
  if (answer?.ok) location.reload();
}

async function begin() {
  if (!onThePage) return takeOver();
  const { now, standing } = form.dataset;
  if (standing) await remember({ visibility: standing });
  const { responseStart } = performance.getEntriesByType("navigation")[0];
  await meet(Number(now) * 1_000, performance.timeOrigin + responseStart, responseStart);
}

form.addEventListener("submit", save);
addEventListener("pageshow", ({ persisted }) => persisted && startAnew());
onSent(() => tell("sent", "sage"));
begin().catch(() => {}); // without a store the portal alone keeps
