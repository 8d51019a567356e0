// Files of a message: sent as soon as they are chosen, in parts, so that a cut costs little. The form then names them.
import { say } from "./page.js";
import { Upload } from "./upload.js";

const area = document.getElementById("add-files");
const form = area?.closest("form");
const list = document.getElementById("files");
const model = document.getElementById("file-on-its-way");
const said = document.getElementById("files-said");
const waiting = [];
let under = null; // the one that is being sent

function tell(words, { wrong = false } = {}) {
  said.textContent = words;
  said.classList.toggle("field-error", wrong);
}

function complain(file, words) {
  tell(`${file.name}: ${words}`, { wrong: true });
}

function named(name) {
  return area.dataset[`refused-${name}`.replace(/-(.)/g, (_, first) => first.toUpperCase())] ?? area.dataset.refusedOther;
}

function freeName() {
  const taken = new Set([...list.querySelectorAll("input[name]")].map(({ name }) => name));
  for (let number = 1; number <= Number(area.dataset.most); number += 1) {
    if (!taken.has(`attached_${number}`)) return `attached_${number}`;
  }
  return null;
}

function show() {
  list.hidden = !list.children.length;
}

function add(file) {
  const name = freeName();
  if (!name) return complain(file, area.dataset.tooMany);
  if (file.size > Number(area.dataset.largest)) return complain(file, named("large"));
  const row = model.content.cloneNode(true).querySelector("li");
  const declared = { name: file.name };
  const upload = new Upload(file, { path: area.dataset.address, part: Number(area.dataset.part), declared, completes: true });
  const one = { file, row, upload, removed: false };
  row.querySelector("span").textContent = file.name;
  row.querySelector("input").name = name;
  row.querySelector("input").disabled = true; // an id that is not ready goes with nothing
  row.querySelector("button").addEventListener("click", () => remove(one));
  list.append(row);
  waiting.push(one);
  show();
}

function remove(one) {
  one.removed = true;
  one.row.remove();
  one.upload.erase(form.elements.csrf_token.value);
  const place = waiting.indexOf(one);
  if (place >= 0) waiting.splice(place, 1);
  tell("");
  show();
  form.elements.text.focus();
}

function ready({ file, row, upload }) {
  const field = row.querySelector("input");
  field.value = `${upload.address.split("/").at(-1)} ${file.name}`;
  field.disabled = false;
  field.hidden = false;
  row.querySelector("progress").remove();
  tell(area.dataset.ready.replace("{name}", file.name));
}

function refuse(one, why) {
  one.row.remove();
  one.upload.erase(form.elements.csrf_token.value);
  complain(one.file, named(why)); // its region is a live one
  if (why === "over") document.dispatchEvent(new CustomEvent("afterglow:over"));
}

async function sendInTurn() {
  while (!under && waiting.length) {
    const one = (under = waiting.shift());
    const progress = one.row.querySelector("progress");
    const why = await one.upload.send({
      onProgress: (share) => (progress.value = share),
      onWaiting: () => one.removed || tell(area.dataset.waiting),
    });
    under = null;
    if (one.removed) one.upload.erase(form.elements.csrf_token.value);
    else if (why) refuse(one, why);
    else ready(one);
    show();
  }
}

function chosen({ target }) {
  tell("");
  for (const file of target.files) add(file);
  target.value = ""; // they are on their way: the form sends them no second time
  sendInTurn();
}

// Before live.js hears of it: a message does not leave without a file that was chosen for it.
function waitForFiles(event) {
  if (event.target !== form || !(under || waiting.length)) return;
  event.preventDefault();
  event.stopPropagation();
  tell(area.dataset.busy);
  say(area.dataset.busy);
}

if (form) {
  form.elements.file.addEventListener("change", chosen);
  document.addEventListener("submit", waitForFiles, true);
  form.addEventListener("afterglow:sent", ({ detail: sent }) => {
    for (const row of [...list.children]) {
      if (sent.includes(row.querySelector("input").value.split(" ")[0])) row.remove();
    }
    area.open = list.children.length > 0;
    tell("");
    show();
  });
  addEventListener("beforeunload", (event) => {
    if (under || waiting.length) event.preventDefault();
  });
}
