// Records a voice note, lets one listen before anything is sent, and has it sent. Until all of it is there nothing is
// let go: not by a network that is away, not by a refusal, not by a session that ends.
import { say } from "./page.js";
import { Upload } from "./upload.js";

const card = document.getElementById("recorder");
const form = document.getElementById("recording");
const KINDS = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
const BITS_PER_SECOND = 48_000;
// With a point in Spanish too, as on every page.
const megabytes = new Intl.NumberFormat(`${document.documentElement.lang}-US`, {
  style: "unit",
  unit: "megabyte",
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const said = document.getElementById("recorder-said");
const player = card?.querySelector("audio");
const progress = card?.querySelector("progress");
const download = card?.querySelector("[data-does=download]");
let recorder = null;
let pieces = [];
let content = null; // what was recorded, or chosen, and is kept nowhere yet
let upload = null;
let seconds = 0;
let ticking = 0;
let sending = false;

function tell(name) {
  said.textContent = card.dataset[name] ?? "";
}

// The idle watch leaves no page that holds something: it covers it until its person has signed in again.
function hold(something) {
  document.body.toggleAttribute("data-holds", something);
}

function isRecording() {
  return Boolean(recorder) && recorder.state !== "inactive";
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
    const begun = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: BITS_PER_SECOND });
    recorder = begun;
    pieces = [];
    seconds = 0;
    recorder.addEventListener("dataavailable", ({ data }) => data.size && pieces.push(data));
    recorder.addEventListener("stop", () => {
      for (const track of stream.getTracks()) track.stop();
      if (recorder === begun) recorded(new Blob(pieces, { type: begun.mimeType }));
    });
    recorder.start(1_000);
    hold(true);
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
    if (isRecording()) recorder.stop();
  },
  discard() {
    upload?.erase(form.elements.csrf_token.value);
    upload = null;
    hold(false);
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
    sending = true;
    offer();
    progress.hidden = false;
    tell("sending");
    const declared = { media_type: content.type, ...(seconds ? { seconds } : {}) };
    upload ??= new Upload(content, { path: card.dataset.address, part: Number(card.dataset.part), declared });
    const refusal = await upload.send({ onProgress, onWaiting: () => tell("waiting") });
    sending = false;
    if (!refusal) {
      content = null;
      location.assign(card.dataset.done);
      return;
    }
    progress.hidden = true;
    refuse(refusal);
  },
};

function onProgress(share) {
  progress.value = share;
  tell("sending");
}

function refuse(name) {
  said.textContent = card.dataset[`refused-${name}`.replace(/-(.)/, (_, first) => first.toUpperCase())];
  say(said.textContent);
  offer("keep", "discard", ...(player.hidden ? [] : ["download"]));
  if (name === "over") document.dispatchEvent(new CustomEvent("afterglow:over"));
}

function recorded(blob) {
  content = blob;
  player.src = URL.createObjectURL(blob);
  player.hidden = false;
  download.href = player.src;
  show(blob.size);
  tell("recorded");
  offer("keep", "discard");
}

// How large it is, before anything of it is sent.
function chosen() {
  const [file] = form.elements.file.files;
  const size = document.getElementById("chosen-size");
  size.textContent = file ? card.dataset.chosen.replace("{size}", megabytes.format(file.size / 1e6)) : "";
}

function sendChosen(event) {
  const [file] = form.elements.file.files;
  if (!file) return;
  event.preventDefault(); // in parts, so that a large one fits too
  card.hidden = false;
  if (sending) return;
  if (!player.hidden || isRecording()) return tell("busy");
  does.discard();
  show(file.size);
  if (file.size > Number(card.dataset.largest)) {
    said.textContent = card.dataset.refusedLarge;
    say(said.textContent);
    return;
  }
  content = file;
  hold(true);
  does.keep();
}

// The session is over: nothing of it is to be seen or heard.
function covered() {
  if (isRecording()) does.stop();
  player.pause();
}

// Somebody leaves at once, or it is somebody else's page by now.
function letGo() {
  content = null;
  if (isRecording()) does.stop();
  recorder = null;
}

if (card) {
  card.hidden = !(window.MediaRecorder && navigator.mediaDevices);
  show(0);
  for (const button of card.querySelectorAll("button[data-does]")) {
    button.addEventListener("click", () => does[button.dataset.does]());
  }
  form.addEventListener("submit", sendChosen);
  form.elements.file.addEventListener("change", chosen);
  document.addEventListener("afterglow:covered", covered);
  addEventListener("afterglow:leaving", letGo);
  addEventListener("beforeunload", (event) => {
    if (content || isRecording()) event.preventDefault();
  });
}
