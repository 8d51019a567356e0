// Live messages. A page that is in sight holds one stream; what comes is put where it belongs, once.
import { newId } from "./new-id.js";
import { say } from "./page.js";

const UNATTENDED = { "Afterglow-Unattended": "true" }; // what a page does by itself keeps no session alive
const QUIET_FOR = 45_000; // the stream says something each 15 s: after this long it is gone without a word
const LONGEST_PAUSE = 60_000;
const list = document.querySelector("[data-conversation]");
const form = list && document.querySelector("form[data-send]");
const address = list && `/conversations/${list.dataset.conversation}`;
let cursor = list?.dataset.cursor ?? "";
let source = null;
let over = false;
let pause = 1_000;
let timer = 0;

// --- the stream

function open() {
  if (source || over || document.visibilityState !== "visible") return;
  clearTimeout(timer);
  source = new EventSource(cursor ? `/live?after=${encodeURIComponent(cursor)}` : "/live");
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) again(); // refused or unavailable: a browser gives up on that
  };
  on("message", received);
  on("unread", counted);
  on("reset", catchUp);
  on("still-here", () => {});
  on("over", () => {
    over = true; // or only its cookie has changed: idle.js asks, and says which
    close();
    document.dispatchEvent(new CustomEvent("afterglow:over"));
  });
  timer = setTimeout(again, QUIET_FOR);
}

function on(name, handle) {
  source.addEventListener(name, (event) => {
    clearTimeout(timer);
    timer = setTimeout(again, QUIET_FOR);
    pause = 1_000;
    if (event.lastEventId) cursor = event.lastEventId;
    handle(JSON.parse(event.data));
  });
}

function close() {
  clearTimeout(timer);
  source?.close();
  source = null;
}

function again() {
  close();
  timer = setTimeout(open, pause);
  pause = Math.min(2 * pause, LONGEST_PAUSE);
}

// A page out of sight needs no stream, and a browser has few connections to give: it catches up when it is back.
document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? open() : close()));
addEventListener("pagehide", close);
addEventListener("pageshow", open);
addEventListener("online", () => {
  close();
  open();
});
document.addEventListener("afterglow:still-on", () => {
  over = false;
  open();
});
open();

// --- what comes

function received(message) {
  if (list?.dataset.conversation === message.conversation) insert(message.html);
  document.body.dispatchEvent(new CustomEvent("afterglow:messages"));
}

function counted({ total, conversations }) {
  const here = conversations.find(({ id }) => id === list?.dataset.conversation)?.unread ?? 0; // is being read
  for (const pill of document.querySelectorAll('[data-count="unread"]')) {
    const before = Number(pill.firstElementChild.textContent);
    pill.firstElementChild.textContent = total - here;
    pill.hidden = total === here;
    if (total - here > before) say(pill.closest("a").textContent.trim());
  }
  if (here) put(`${address}/read-mark`, { sequence: lastNumber() }, UNATTENDED).catch(() => {}); // or at the next count
  document.body.dispatchEvent(new CustomEvent("afterglow:messages"));
}

function messages() {
  return [...list.querySelectorAll(".message")];
}

function lastNumber() {
  return Number(messages().at(-1)?.dataset.sequence ?? 0);
}

function insert(html) {
  const part = document.createElement("template");
  part.innerHTML = html;
  const fresh = [...part.content.querySelectorAll(".message")].filter(({ id }) => !document.getElementById(id));
  if (!fresh.length) return;
  keepingPlace(() => fresh.forEach(place));
  const [first, second] = fresh.filter((message) => !message.matches(".message-own"));
  if (first) say(second ? list.dataset.several : first.textContent.trim().replace(/\s+/g, " "));
}

function place(message) {
  const day = message.previousElementSibling?.matches(".day") ? message.previousElementSibling : null;
  const number = Number(message.dataset.sequence);
  const next = messages().find((other) => Number(other.dataset.sequence) > number) ?? null;
  if (day && !list.querySelector(`[data-day="${day.dataset.day}"]`)) list.insertBefore(day, next);
  list.insertBefore(message, next);
}

// Who reads the end keeps the form where it is and sees the new words above it; who reads further up is left alone.
function keepingPlace(change) {
  const below = list.nextElementSibling;
  const before = below.getBoundingClientRect().top;
  list.hidden = false;
  document.querySelector("[data-empty]")?.remove();
  change();
  if (before < innerHeight) scrollBy(0, below.getBoundingClientRect().top - before);
}

async function catchUp() {
  if (!list) return;
  const answer = await fetch(`${address}?after=${lastNumber()}`, { headers: { "HX-Request": "true", ...UNATTENDED } });
  if (answer.ok) insert(await answer.text());
}

// Earlier messages come above: a day that is named there already is not named again below.
document.addEventListener("htmx:after:swap", () => {
  const named = new Set();
  for (const day of list?.querySelectorAll(".day") ?? []) {
    if (named.has(day.dataset.day)) day.remove();
    named.add(day.dataset.day);
  }
});

// --- sending

function put(path, body, headers = {}) {
  const options = { method: "PUT", body: JSON.stringify(body), signal: AbortSignal.timeout(20_000) };
  return fetch(path, { ...options, headers: { "Content-Type": "application/json", ...headers } });
}

// Whatever is neither sent nor out of reach goes the plain way: the page that comes back says why and has the words.
async function send(event) {
  const { id, text, kept } = form.elements;
  const unsent = form.querySelector("[data-unsent]");
  if (kept || !text.value.trim()) return;
  event.preventDefault();
  if (text.readOnly) return;
  text.readOnly = true;
  unsent.hidden = true;
  const answer = await put(`${address}/messages/${id.value}`, { text: text.value }).catch(() => null);
  text.readOnly = false;
  if (answer?.ok) {
    text.value = "";
    id.value = newId();
    say(form.dataset.sent);
    await catchUp().catch(() => {}); // the stream brings it too
  } else if (!answer || answer.status >= 500) {
    unsent.textContent = unsent.dataset.unsent;
    unsent.hidden = false;
    unsent.scrollIntoView({ block: "nearest" });
    say(unsent.dataset.unsent);
  } else {
    form.submit();
  }
}

form?.addEventListener("submit", send);
