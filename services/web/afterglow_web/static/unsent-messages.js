// Messages of this conversation that are on this device and not sent yet, where they will stand; outbox.js sends them.
import { newId } from "./new-id.js";
import { drop, entries, keep, onChange } from "./outbox.js";

const list = document.getElementById("unsent-messages");
const form = document.querySelector("form[data-send]");
const { conversation } = document.querySelector("[data-conversation]")?.dataset ?? {};
const { person } = document.body.dataset;

// The plain form, as the page sends it: the one that comes back says what is wrong, and has the words.
async function lookAgain(entry) {
  let { id } = entry;
  if (entry.refused.includes("conflict")) {
    id = newId(); // the other one stays as it is
    await keep({ ...entry, id });
    await drop(entry);
  }
  const plain = document.createElement("form");
  plain.method = "post";
  plain.action = form ? form.action : `/conversations/${conversation}/messages#write`;
  plain.hidden = true;
  const token = document.querySelector("input[name=csrf_token]").value;
  for (const [name, value] of Object.entries({ ...entry.fields, id, csrf_token: token })) {
    const field = document.createElement("textarea");
    Object.assign(field, { name, value });
    plain.append(field);
  }
  document.body.append(plain);
  plain.submit();
}

function row(entry) {
  const item = document.getElementById(entry.refused ? "refused-message" : "waiting-message").content.cloneNode(true);
  item.querySelector(".message-text").textContent = entry.body.text || entry.fields.attached_1?.split(" ").slice(1).join(" ");
  item.querySelector("[data-look]")?.addEventListener("click", () => lookAgain(entry));
  item.querySelector("[data-drop]").addEventListener("click", () => drop(entry));
  return item;
}

// What arrived although nobody heard so is in the list above, and not here any more.
export async function show() {
  const mine = (await entries(person)).filter((entry) => entry.conversation === conversation);
  const arrived = mine.filter(({ id }) => document.getElementById(`message-${id}`));
  if (arrived.length) {
    await Promise.all(arrived.map(drop)); // and this is called again
    return;
  }
  const beingSent = ({ id, refused }) => id === form?.elements.id.value && (refused || form.elements.text.readOnly);
  const waiting = mine.filter((entry) => !beingSent(entry));
  list.querySelector("ol").replaceChildren(...waiting.map(row));
  list.hidden = !waiting.length;
}

if (list && conversation) {
  onChange(show);
  show();
}
