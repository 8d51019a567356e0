// Records a voice note, lets one listen before anything is sent, and sends it in parts that go on after a cut network.
import { say } from "./page.js";

const card = document.getElementById("recorder");
const form = document.getElementById("recording");
const KINDS = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
const BITS_PER_SECOND = 48_000;
const AGAIN = 3_000;
const megabytes = new Intl.NumberFormat(document.documentElement.lang, {
  style: "unit",
  unit: "megabyte",
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const said = document.getElementById("recorder-said");
const player = card?.querySelector("audio");
const progress = card?.querySelector("progress");
let recorder = null;
let pieces = [];
let content = null; // what was recorded, or chosen, and is kept nowhere yet
let seconds = 0;
let ticking = 0;

function tell(name) {
  said.textContent = card.dataset[name] ?? "";
}

function offer(...names) {
  for (const button of card.querySelectorAll("[data-does]")) button.hidden = !names.includes(button.dataset.does);
  card.querySelector("[data-does]:not([hidden])")?.focus();
}

function show(bytes) {
  document.getElementById("recorder-size").textContent = megabytes.format(bytes / 1e6);
  document.getElementById("recorder-time").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function tick() {
  if (recorder?.state === "recording") seconds += 1;
  const bytes = pieces.reduce((sum, piece) => sum + piece.size, 0);
  show(bytes);
  if (seconds < Number(card.dataset.longest) && bytes < Number(card.dataset.largest) * 0.95) return;
  does.stop();
  say(card.dataset.full);
}

const does = {
  async start() {
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      return tell("closed");
    }
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
    recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: BITS_PER_SECOND });
    pieces = [];
    seconds = 0;
    recorder.addEventListener("dataavailable", ({ data }) => data.size && pieces.push(data));
    recorder.addEventListener("stop", () => {
      for (const track of stream.getTracks()) track.stop();
      recorded(new Blob(pieces, { type: recorder.mimeType }));
    });
    recorder.start(1_000);
    ticking = setInterval(tick, 1_000);
    tell("recording");
    offer("pause", "stop");
  },
  pause() {
    recorder.pause();
    tell("paused");
    offer("resume", "stop");
  },
  resume() {
    recorder.resume();
    tell("recording");
    offer("pause", "stop");
  },
  stop() {
    clearInterval(ticking);
    if (recorder?.state !== "inactive") recorder.stop();
  },
  discard() {
    URL.revokeObjectURL(player.src);
    player.removeAttribute("src");
    player.hidden = true;
    content = null;
    seconds = 0;
    show(0);
    said.textContent = "";
    offer("start");
  },
  async keep() {
    offer();
    progress.hidden = false;
    tell("sending");
    const refusal = await send();
    if (!refusal) {
      content = null;
      location.assign(card.dataset.done);
      return;
    }
    progress.hidden = true;
    tell(refusal);
    say(said.textContent);
    offer("keep", "discard");
  },
};

function recorded(blob) {
  content = blob;
  player.src = URL.createObjectURL(blob);
  player.hidden = false;
  show(blob.size);
  tell("recorded");
  offer("keep", "discard");
}

// The name of what a refusal says, or nothing once all of it is there. A cut network is waited for, without end.
async function send() {
  const declared = { size: content.size, media_type: content.type, ...(seconds ? { seconds } : {}) };
  const begun = await ask("PUT", "application/json", JSON.stringify(declared));
  if (!begun.ok) return refused(begun);
  let { received } = await begun.json();
  while (received < content.size) {
    const part = content.slice(received, received + Number(card.dataset.part));
    const answer = await ask("PATCH", "application/offset+octet-stream", part, { "Upload-Offset": received });
    const told = answer.headers.get("Upload-Offset");
    if (told === null) return refused(answer);
    received = Number(told);
    progress.value = received / content.size;
  }
  return null;
}

async function ask(method, kind, body, more = {}) {
  const headers = { "Content-Type": kind, "Afterglow-Person": document.body.dataset.person, ...more };
  for (;;) {
    const answer = await fetch(card.dataset.address, { method, body, headers }).catch(() => null);
    if (answer && answer.status < 500) {
      tell("sending");
      return answer;
    }
    tell("waiting");
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
  }
}

function refused({ status }) {
  if (status === 401 || status === 403) document.dispatchEvent(new CustomEvent("afterglow:over"));
  if (status === 409) return "refusedMany";
  if (status === 413 || status === 422) return "refusedLarge";
  return status === 415 ? "refusedKind" : "refused";
}

if (card) {
  card.hidden = !(window.MediaRecorder && navigator.mediaDevices);
  show(0);
  for (const button of card.querySelectorAll("[data-does]")) {
    button.addEventListener("click", () => does[button.dataset.does]());
  }
  form.addEventListener("submit", (event) => {
    const [file] = form.elements.file.files;
    if (!file) return;
    event.preventDefault(); // in parts, so that a large one fits too
    seconds = 0;
    content = file;
    card.hidden = false;
    does.keep();
  });
  addEventListener("beforeunload", (event) => {
    if (content || (recorder && recorder.state !== "inactive")) event.preventDefault();
  });
}
