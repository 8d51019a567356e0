// Sends a file in parts, under an id of its own. After a cut it goes on where it was; for how long is bounded.
import { newId } from "./new-id.js";

const TRIES = 8; // without any progress: some two minutes of pauses, and each try has its own patience
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
const PATIENCE = 60_000;
const PASSING = [408, 429];

export class Upload {
  constructor(content, { path, part, declared, completes = false }) {
    this.address = `${path}/${newId()}`;
    this.content = content;
    this.part = part;
    this.declared = { size: content.size, ...declared };
    this.completes = completes; // has a last step, in which the whole is judged
    this.received = -1; // nothing is declared yet
  }

  // Null once all of it is there, else the name of what is in the way; sent again, it goes on from there.
  async send({ onProgress, onWaiting }) {
    for (let tries = 0; ; ) {
      const completing = this.completes && this.received >= this.content.size;
      const answer = await this.next(completing);
      if (completing && answer?.ok) return null;
      const told = await received(answer);
      const further = told !== null && told > this.received;
      if (told !== null) this.received = told;
      if (this.received >= this.content.size && !this.completes) return null;
      if (further) {
        tries = 0;
        onProgress(this.received / this.content.size);
        continue;
      }
      if (told === null && answer && answer.status < 500 && !PASSING.includes(answer.status)) return refusal(answer);
      tries += 1;
      if (tries > TRIES) return answer?.status === 503 && completing ? "not-scanned" : "unreached";
      onWaiting();
      await pause(Math.min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE));
    }
  }

  next(completing) {
    if (completing) return this.ask("PUT", "application/json", null, {}, "/completion");
    if (this.received < 0) return this.ask("PUT", "application/json", JSON.stringify(this.declared));
    const part = this.content.slice(this.received, this.received + this.part);
    return this.ask("PATCH", "application/offset+octet-stream", part, { "Upload-Offset": this.received });
  }

  ask(method, kind, body, more = {}, step = "") {
    const headers = { "Content-Type": kind, "Afterglow-Person": document.body.dataset.person, ...more };
    const options = { method, body, headers, signal: AbortSignal.timeout(PATIENCE) };
    return fetch(this.address + step, options).catch(() => null);
  }

  // What was sent of it counts as one under way until it is erased; what nobody erases goes by itself after a day.
  erase(token) {
    if (this.received < 0) return;
    const body = new URLSearchParams({ csrf_token: token });
    fetch(`${this.address}/removal`, { method: "POST", body, redirect: "manual", keepalive: true }).catch(() => {});
  }
}

// How much is there, as far as the answer says it: also whoever was at another place is told.
async function received(answer) {
  const told = answer?.headers.get("Upload-Offset");
  if (told) return Number(told);
  return answer?.ok ? (await answer.json().catch(() => ({}))).received ?? null : null;
}

async function refusal(answer) {
  const { code = "", errors = [] } = await answer.json().catch(() => ({}));
  const { code: told = "" } = errors.find(({ field }) => field === "file") ?? {};
  const wrong = errors.map(({ field, code: what }) => `${field} ${what}`);
  if (answer.status === 401 || code === "earlier_session") return "over";
  if (code === "quarantined") return code;
  if (answer.status === 404) return "gone";
  if (/^too_many_/.test(code)) return "many";
  if (code === "until_morning") return "later";
  if (told) return told.replaceAll("_", "-");
  if (answer.status === 413 || wrong.some((one) => /too_l(arge|ong)$/.test(one))) return "large";
  return answer.status === 415 || wrong.some((one) => one.startsWith("media_type")) ? "kind" : "other";
}

// A network that is back ends it early.
function pause(milliseconds) {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer);
      removeEventListener("online", go);
      resolve();
    };
    const timer = setTimeout(go, milliseconds);
    addEventListener("online", go);
  });
}
