// Live messages. A page that is in sight holds one stream; what comes is put where it belongs, once.
import { isBefore, notAnyMore, order } from "./order.js";
import { say } from "./page.js";
import { requote } from "./reply.js";

const UNATTENDED = { "Afterglow-Unattended": "true" }; // what a page does by itself keeps no session alive
const QUIET_FOR = 45_000; // the stream says something each 15 s: after this long it is gone without a word
const LONGEST_PAUSE = 60_000;
const LONGEST_WAIT = 86_400_000; // a timer takes no more than 24 days
const list = document.querySelector("[data-conversation]");
const address = list && `/conversations/${list.dataset.conversation}`;
let cursor = list?.dataset.cursor ?? "";
let source = null;
let over = false;
let pause = 1_000;
let timer = 0;
let due = 0;

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
  on("reset", () => catchUp(list ? beforeFirst() : 0)); // what is shown may have changed meanwhile, too
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
wait(list?.dataset.nextLine);

// --- what comes

function received(message) {
  if (list?.dataset.conversation === message.conversation) insert(message.html);
  document.body.dispatchEvent(new CustomEvent("afterglow:messages"));
}

function counted({ total, conversations, covers_as_of: covers }) {
  const here = conversations.find(({ id }) => id === list?.dataset.conversation)?.unread ?? 0; // is being read
  for (const pill of document.querySelectorAll('[data-count="unread"]')) {
    const before = Number(pill.firstElementChild.textContent);
    pill.firstElementChild.textContent = total - here;
    pill.hidden = total === here;
    if (total - here > before) say(pill.closest("a").textContent.trim());
  }
  if (here) markRead().catch(() => {}); // or at the next count
  document.body.dispatchEvent(new CustomEvent("afterglow:messages"));
  if (list && list.dataset.covers !== (covers ?? "")) {
    list.dataset.covers = covers ?? "";
    lookAgain();
  }
}

function markRead() {
  const headers = { "Content-Type": "application/json", ...UNATTENDED };
  return fetch(`${address}/read-mark`, { method: "PUT", headers, body: JSON.stringify({ sequence: lastNumber() }) });
}

// Who stands in changes when somebody says so, and by itself when its time has come.
function lookAgain() {
  catchUp(beforeFirst()).catch(() => {}); // or when the page is opened next
}

function wait(seconds) {
  clearTimeout(due);
  if (seconds) due = setTimeout(lookAgain, Math.min(1000 * Number(seconds), LONGEST_WAIT));
}

function messages() {
  return [...list.querySelectorAll(".message")];
}

function lastNumber() {
  return Number(messages().at(-1)?.dataset.sequence ?? 0);
}

function insert(html, whole = false) {
  const part = document.createElement("template");
  part.innerHTML = html;
  const first = beforeFirst();
  const all = [...part.content.querySelectorAll(".message, .told")];
  const changed = all.filter(({ id, dataset }) => shown(id) && shown(id).dataset.state !== dataset.state);
  const fresh = all.filter((one) => !shown(one.id) && (!first || order(one)[0] > first));
  const gone = whole ? notAnyMore([...list.querySelectorAll(".told")], all) : [];
  if (!changed.length && !fresh.length && !gone.length) return;
  keepingPlace(() => {
    gone.forEach((line) => line.remove());
    changed.forEach(replace);
    fresh.forEach(place);
  });
  const spokenOf = [...changed.filter((one) => !one.matches(".told")), ...fresh];
  const [news, others] = spokenOf.filter((message) => !message.matches(".message-own"));
  if (news) say(others ? list.dataset.several : spoken(news));
}

function spoken(message) {
  const all = [...message.querySelectorAll(".message-head, .message-text, .files a")];
  const parts = all.length ? all : [message]; // a line that tells who stands in has none
  return parts.map(({ textContent }) => textContent.trim().replace(/\s+/g, " ")).join(" ");
}

function shown(id) {
  return document.getElementById(id);
}

// Of a changed message that only an earlier page shows, nothing is to be put here. Where there is no earlier page, lines
// stand before the first message too, whatever its number: that of whoever joined late is not 1.
function beforeFirst() {
  if (!list.querySelector(".earlier")) return 0;
  return Number(messages()[0]?.dataset.sequence ?? 1) - 1;
}

// A message that was corrected or withdrawn stays where it is; whoever was on one of its links is not sent away.
function replace(message) {
  const before = shown(message.id);
  const here = before.contains(document.activeElement);
  before.replaceWith(message);
  if (message.matches(".told")) return;
  requote(message);
  if (!here) return;
  message.tabIndex = -1;
  message.focus({ preventScroll: true });
}

function place(message) {
  const day = message.previousElementSibling?.matches(".day") ? message.previousElementSibling : null;
  const next = [...list.querySelectorAll(".message, .told")].find((other) => isBefore(message, other)) ?? null;
  if (day && !list.querySelector(`[data-day="${day.dataset.day}"]`)) list.insertBefore(day, next);
  list.insertBefore(message, next);
}

// Who reads the end keeps the form where it is and sees the new words above it; who reads further up is left alone.
function keepingPlace(change) {
  const below = document.getElementById("write");
  const before = below.getBoundingClientRect().top;
  list.hidden = false;
  change();
  if (messages().length) document.querySelector("[data-empty]")?.remove();
  if (before < innerHeight) scrollBy(0, below.getBoundingClientRect().top - before);
}

function tellTeam(html) {
  const part = document.createElement("template");
  part.innerHTML = html;
  const [before, now] = [document, part.content].map((all) => all.querySelector("#team"));
  if (before && before.textContent !== now?.textContent) before.replaceWith(...(now ? [now] : [])); // none for whoever left
}

export async function catchUp(after = lastNumber()) {
  if (!list) return;
  const answer = await fetch(`${address}?after=${after}`, { headers: { "HX-Request": "true", ...UNATTENDED } });
  if (!answer.ok) return;
  const html = await answer.text();
  insert(html, after === beforeFirst());
  tellTeam(html);
  wait(html.match(/data-next-line="(\d+)"/)?.[1]);
}

// Earlier messages come above: a day that is named there already is not named again below.
document.addEventListener("htmx:after:swap", () => {
  const named = new Set();
  for (const day of list?.querySelectorAll(".day") ?? []) {
    if (named.has(day.dataset.day)) day.remove();
    named.add(day.dataset.day);
  }
});
