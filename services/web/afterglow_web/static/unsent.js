// Shows what is on this phone and not sent yet: when it was, or was written, never what it says.
import { newId } from "./new-id.js";
import { account, drop, entries, everybodys, keep, onChange } from "./outbox.js";

const section = document.getElementById("unsent");
const token = document.querySelector("input[name=csrf_token]")?.value;
const day = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });

// The form again, with what was typed and what is wrong with it, as the server says it.
export async function lookAgain(entry) {
  let { id } = entry;
  if (entry.refused.includes("conflict")) {
    id = newId(); // the other one stays as it is
    await keep({ ...entry, id });
    await drop(entry);
  }
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/check-ins/unsent";
  form.hidden = true;
  const felt = entry.fields.felt_at || wallClock(entry.body.felt_at);
  const fields = { ...entry.fields, id, felt_at: felt, refused: entry.refused.join(","), csrf_token: token };
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement("textarea");
    Object.assign(field, { name, value });
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}

function wallClock(moment) {
  const date = new Date(moment);
  return new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function row(entry) {
  if (entry.conversation) return messageRow(entry);
  const kind = entry.refused ? (token ? "refused" : "held") : "waiting";
  const item = document.getElementById(`unsent-${kind}`).content.cloneNode(true);
  item.querySelector("time").textContent = day.format(new Date(entry.body.felt_at || entry.clock.shows));
  item.querySelector("[data-look]")?.addEventListener("click", () => lookAgain(entry));
  item.querySelector("[data-drop]")?.addEventListener("click", () => drop(entry));
  return item;
}

function messageRow({ conversation, kept_at: keptAt }) {
  const item = document.getElementById("unsent-message").content.cloneNode(true);
  item.querySelector("time").textContent = day.format(new Date(keptAt));
  item.querySelector("a").href = `/conversations/${conversation}#write`;
  return item;
}

export async function show() {
  if (section.dataset.anybodys !== undefined) {
    section.hidden = !(await everybodys());
    return;
  }
  const person = document.body.dataset.person ?? (await account())?.person;
  const shown = document.querySelector("form[data-outbox]")?.elements.id.value;
  const mine = person ? (await entries(person)).filter(({ id, refused }) => !(refused && id === shown)) : [];
  section.querySelector("ul").replaceChildren(...mine.map(row));
  section.hidden = !mine.length;
}

if (section) {
  onChange(show);
  show();
}
