// Check-ins and messages that are not acknowledged yet, in IndexedDB. Each belongs to the account it was written under,
// and only while that one is signed in is it sent: once, by whichever tab holds the lock, under the id it was given.
const UNATTENDED = { "Afterglow-Unattended": "true" }; // what a page does by itself keeps no session alive
const PATIENCE = 15_000;
const AGAIN = 30_000;
const TOLERANCE = 120_000; // between two clocks that mean the same time
const REFUSED = [400, 404, 409, 413, 422];
const WHY = { 409: ["conflict"], 413: ["too_large"] };
const person = document.body.dataset.person;
const changes = new EventTarget();
const elsewhere = new BroadcastChannel("afterglow-outbox");
let page = { wall: Date.now(), steady: performance.now() }; // when this page last knew how the clock stands
let ahead = null; // how far the server's clock is, as far as this page has heard

// --- the store

const opened = new Promise((resolve, reject) => {
  const opening = indexedDB.open("afterglow", 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore("account");
    opening.result.createObjectStore("outbox", { keyPath: ["person", "id"] });
  };
  opening.onsuccess = () => resolve(opening.result);
  opening.onerror = () => reject(opening.error);
});
let database = null;
opened.then((result) => (database = result)).catch(() => {}); // where it may not be opened, nothing is kept

async function within(store, mode, act) {
  const work = (await opened).transaction(store, mode, { durability: "strict" });
  const request = act(work.objectStore(store));
  await new Promise((resolve, reject) => {
    work.oncomplete = resolve;
    work.onabort = work.onerror = () => reject(work.error ?? request.error);
  });
  return request.result;
}

function all(whose) {
  return IDBKeyRange.bound([whose, ""], [whose, "\uffff"]);
}

async function changed(result) {
  elsewhere.postMessage(null);
  changes.dispatchEvent(new Event("change"));
  return result;
}

export function onChange(callback) {
  changes.addEventListener("change", callback);
  elsewhere.addEventListener("message", callback);
}

export const onSent = (callback) => changes.addEventListener("sent", callback);
export const account = () => within("account", "readonly", (store) => store.get("now")).catch(() => undefined);
export const everybodys = () => within("outbox", "readonly", (store) => store.count()).catch(() => 0);
export const entries = (whose) => within("outbox", "readonly", (store) => store.getAll(all(whose))).catch(() => []);
export const keep = (entry) => within("outbox", "readwrite", (store) => store.put(entry)).then(changed);
export const drop = ({ person: whose, id }) => within("outbox", "readwrite", (store) => store.delete([whose, id])).then(changed);

export async function remember(values) {
  const known = await account();
  await within("account", "readwrite", (store) => store.put({ ...(known?.person === person ? known : {}), person, ...values }, "now"));
}

// In one go, so that it happens even where the page is gone in the next moment.
function forget() {
  dispatchEvent(new Event("afterglow:forgetting")); // ringing.js
  if (!database || !person) return;
  const work = database.transaction(["account", "outbox"], "readwrite");
  work.objectStore("account").delete("now");
  work.objectStore("outbox").delete(all(person));
  work.commit();
}

// --- what time it is

// How far the server's clock is ahead of this phone's, which showed `local` at that moment of the steady clock.
export async function meet(server, local = Date.now(), steady = performance.now()) {
  page = { wall: local, steady };
  ahead = server - local;
  await remember({ offset: ahead }).catch(() => {});
  return ahead;
}

// What has to be known of the clock, to say later when something was: what it shows, and how far it was set since.
export async function clock() {
  const drift = Date.now() - page.wall - (performance.now() - page.steady);
  return { shows: Date.now(), drift, offset: ahead ?? (await account())?.offset };
}

// Where the clock was set between the last word from the server and this one, then before or after this moment?
function when({ shows, drift, offset = null }, now) {
  const set = offset === null ? 0 : offset - now;
  const before = Math.abs(set) < TOLERANCE || Math.abs(drift - set) < TOLERANCE;
  return new Date(Math.min(shows + (before ? now : offset), Date.now() + now)).toISOString();
}

async function ask() {
  const options = { headers: { Accept: "application/json", ...UNATTENDED }, signal: AbortSignal.timeout(PATIENCE) };
  try {
    const answer = await fetch("/session", options);
    if (!answer.ok) return null;
    const state = await answer.json();
    if (state.person === person) state.offset = await meet(Date.parse(answer.headers.get("date")) || Date.now());
    return state;
  } catch {
    return null;
  }
}

// --- sending

// Says what became of it: `reached`, `over` where somebody else or nobody is signed in, and by id `sent` or `refused`.
export function send({ attended = false } = {}) {
  const outcome = { reached: true, over: false, sent: [], refused: [] };
  if (!person) return Promise.resolve({ ...outcome, reached: false });
  return navigator.locks.request("afterglow-outbox", async () => {
    const waiting = (await entries(person)).filter(({ refused }) => !refused);
    if (!waiting.length) return outcome;
    const { drift, offset } = await clock();
    const known = ahead !== null && Math.abs(drift) < TOLERANCE ? { signed_in: true, person, offset } : await ask();
    outcome.reached = known !== null;
    outcome.over = known !== null && known.person !== person;
    for (const entry of outcome.reached && !outcome.over ? waiting : []) {
      if (!(await sendOne(entry, known.offset, attended, outcome))) break;
    }
    return outcome;
  });
}

// What it says is settled, and kept, before it goes out for the first time: repeated, it must say the same.
async function sendOne(entry, offset, attended, outcome) {
  if (entry.clock && !entry.body.felt_at) {
    entry.body.felt_at = when(entry.clock, offset);
    await keep(entry).catch(() => {});
  }
  const answer = await put(entry, attended ? {} : UNATTENDED);
  const saved = answer?.ok ? await answer.json().catch(() => null) : null;
  if (saved?.id === entry.id) {
    await drop(entry);
    outcome.sent.push(entry.id);
    return true;
  }
  const problem = (await answer?.json().catch(() => null)) ?? {};
  const closed = entry.conversation && answer?.status === 403 && problem.code !== "earlier_session";
  if (closed || REFUSED.includes(answer?.status)) {
    const errors = (problem.errors ?? []).map(({ field, code }) => `${field} ${code}`);
    await keep({ ...entry, refused: WHY[answer.status] ?? errors });
    outcome.refused.push(entry.id);
  } else {
    outcome.over = answer?.status === 401 || answer?.status === 403;
    outcome.reached = answer !== null && ![502, 504].includes(answer.status); // those are the gateway's own
    return false;
  }
  return true;
}

export async function put({ id, body, conversation, person: whose }, headers = {}) {
  const path = conversation ? `/conversations/${conversation}/messages/${id}` : `/check-ins/${id}`;
  const options = { method: "PUT", body: JSON.stringify(body), signal: AbortSignal.timeout(PATIENCE) };
  const said = { "Content-Type": "application/json", "Afterglow-Person": whose, ...headers };
  return fetch(path, { ...options, headers: said }).catch(() => null);
}

async function sendInTurn() {
  if (document.visibilityState !== "visible" || !(await entries(person)).some(({ refused }) => !refused)) return;
  const { over, sent } = await send();
  if (sent.length) changes.dispatchEvent(new Event("sent"));
  if (over) document.dispatchEvent(new CustomEvent("afterglow:over"));
}

// --- signing out and leaving

async function signOut(event) {
  const { target: form } = event;
  const dialog = document.getElementById("unsent-at-sign-out");
  if (event.defaultPrevented || !form.matches('[action="/sign-out"]')) return;
  event.preventDefault();
  const { reached } = await send({ attended: true }).catch(() => ({ reached: true }));
  const left = await entries(person);
  if (left.length) {
    dialog.querySelector("[data-count]").textContent = left.length;
    for (const part of dialog.querySelectorAll("[data-reached]")) part.hidden = (part.dataset.reached === "yes") !== reached;
    dialog.returnValue = "";
    dialog.showModal();
    await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
    if (dialog.returnValue !== "delete") return;
  }
  forget();
  form.submit();
}

// A form that was sent as it is, before or without these scripts, may be one that this phone still kept as refused.
async function dropWhatArrived() {
  const { pathname, searchParams } = new URL(location.href);
  if (pathname === "/check-ins" && searchParams.has("saved")) await drop({ person, id: searchParams.get("id") ?? "" });
}

if (person) {
  dropWhatArrived().catch(() => {});
  document.addEventListener("submit", signOut);
  addEventListener("afterglow:leaving", ({ detail }) => detail?.atOnce && forget());
  addEventListener("online", sendInTurn);
  document.addEventListener("visibilitychange", sendInTurn);
  setInterval(sendInTurn, AGAIN);
  sendInTurn();
}
