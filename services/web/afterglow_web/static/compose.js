// Sending a message: first it is on this device, then it goes. What was typed stays until one of both has it.
import { catchUp } from "./live.js";
import { newId } from "./new-id.js";
import { entries, keep, onSent, put, send } from "./outbox.js";
import { say } from "./page.js";
import { beginReply, endReply, repliesTo } from "./reply.js";
import { show } from "./unsent-messages.js";

const form = document.querySelector("form[data-send]");
const { person } = document.body.dataset;
const { conversation } = document.querySelector("[data-conversation]")?.dataset ?? {};
const draft = `draft ${person} ${conversation}`; // of this tab alone: it lives over a reload, and goes with the tab

// --- sending

function files() {
  return [...form.querySelectorAll("[data-attached]:checked:enabled")].map(({ value }) => value.split(" ")[0]);
}

function body() {
  const reply = repliesTo() ? { reply_to: repliesTo() } : {};
  return { text: form.elements.text.value, ...reply, ...(files().length ? { attachments: files() } : {}) };
}

function entry() {
  const fields = [...new FormData(form)].filter(([name, value]) => name !== "csrf_token" && typeof value === "string");
  return { person, id: form.elements.id.value, conversation, fields: Object.fromEntries(fields), body: body(), kept_at: Date.now() };
}

function tell(words) {
  const told = form.querySelector("[data-unsent]");
  told.textContent = words;
  told.hidden = !words;
  if (!words) return;
  told.scrollIntoView({ block: "nearest" });
  say(words);
}

// The next one begins, and what the page said about the words that are gone by now goes with them.
function startAnew({ reply_to: reply = null, attachments = [] }) {
  const said = "#write > .error-summary, #write > .notice, #write .field-error:not(#files-said)";
  for (const one of document.querySelectorAll(said)) one.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  form.removeAttribute("data-typed");
  form.elements.text.value = "";
  form.elements.id.value = newId();
  if (repliesTo() === reply) endReply(); // or the next one has begun meanwhile
  forgetDraft();
  form.dispatchEvent(new CustomEvent("afterglow:sent", { detail: attachments }));
}

async function sent(message) {
  startAnew(message.body);
  say(form.dataset.sent);
  await catchUp().catch(() => {}); // the stream brings it too
}

async function sendMessage(event) {
  const { text, kept, sure } = form.elements;
  if (event.submitter?.hasAttribute("formaction") || kept || sure || !(text.value.trim() || files().length)) return;
  event.preventDefault();
  if (text.readOnly) return;
  text.readOnly = true;
  tell("");
  try {
    await sendKept(entry());
  } finally {
    text.readOnly = false;
    show();
  }
}

// Whatever is neither sent nor out of reach goes the plain way: the page that comes back says why and has the words.
async function sendKept(message) {
  try {
    await keep(message);
  } catch {
    await sendAlone(message);
    return;
  }
  const { over } = await send({ attended: true });
  const left = (await entries(person)).find(({ id }) => id === message.id); // another tab may have sent it
  if (!left) await sent(message);
  else if (left.refused) form.submit();
  else {
    startAnew(message.body);
    tell(form.dataset.kept);
  }
  if (over) document.dispatchEvent(new CustomEvent("afterglow:over"));
}

// No room on this device: only the portal can have it.
async function sendAlone(message) {
  const answer = await put(message);
  if (answer?.ok) await sent(message);
  else if (answer && answer.status < 500) form.submit();
  else tell(form.dataset.full);
}

// --- what is being typed

function rememberDraft() {
  const { id, text } = form.elements;
  try {
    sessionStorage.setItem(draft, JSON.stringify({ id: id.value, text: text.value, replies: repliesTo() }));
  } catch {
    // no room: then it stays on the page alone
  }
}

function forgetDraft() {
  sessionStorage.removeItem(draft);
}

function restoreDraft() {
  const typed = JSON.parse(sessionStorage.getItem(draft) ?? "null");
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith("draft ") && !name.startsWith(`draft ${person} `)) sessionStorage.removeItem(name);
  }
  if (!typed?.text || form.elements.text.value) return;
  if (document.getElementById(`message-${typed.id}`) || document.getElementById(`later-${typed.id}`)) {
    forgetDraft(); // it went the plain way, or goes later
    return;
  }
  form.elements.id.value = typed.id;
  form.elements.text.value = typed.text;
  if (typed.replies && document.getElementById(`message-${typed.replies}`)) beginReply(typed.replies);
  form.elements.text.dispatchEvent(new Event("input", { bubbles: true }));
}

if (form && conversation) {
  restoreDraft();
  form.addEventListener("submit", sendMessage);
  form.addEventListener("input", rememberDraft);
  addEventListener("afterglow:leaving", forgetDraft);
  document.addEventListener("submit", ({ target }) => target.matches('[action="/sign-out"]') && forgetDraft());
  onSent(() => catchUp().catch(() => {}));
}
