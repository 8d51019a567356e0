// Passkeys: what HTML cannot ask a browser for. A form marked data-passkey="sign-in" or "register" stays hidden until
// this module knows that the browser can; then its button asks for a passkey and sends the form with the answer.
// On a sign-in page the browser also offers passkeys in the address field (autocomplete="username webauthn").

const STALE_AFTER = 4 * 60_000; // a challenge lives for five minutes
const KINDS = { "sign-in": "get", register: "create" };

let waiting = null; // the offer in the address field: only one question may be open at a time

// --- options and answers as JSON, where the browser does not do it by itself yet

const decode = (text) => {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
};
const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
const opened = (one) => ({ ...one, id: decode(one.id) });

function optionsOf(form) {
  const options = JSON.parse(form.dataset.options);
  options.challenge = decode(options.challenge);
  if (options.user) options.user = opened(options.user);
  options.excludeCredentials = options.excludeCredentials?.map(opened);
  options.allowCredentials = options.allowCredentials?.map(opened);
  return options;
}

function written(credential) {
  const { response } = credential;
  const answer = { clientDataJSON: encode(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) answer[name] = encode(response[name]);
  }
  const { id, type, authenticatorAttachment } = credential;
  return JSON.stringify({ id, rawId: encode(credential.rawId), type, authenticatorAttachment, response: answer });
}

// --- asking

function say(form, sentence) {
  const place = form.querySelector("[data-passkey-says]");
  place.textContent = sentence ?? "";
  place.hidden = !sentence;
}

// The sign-in page may be the answer to a program's request. Asked again that could be answered otherwise, and lead away:
// so it is fetched at its own address.
function addressOf(form) {
  const { ask } = form.elements;
  return ask ? `${new URL(form.action).pathname}?${ask.value}` : location.href;
}

// A page may lie open for long: then it is fetched once more, and its form's challenge is the one to answer.
async function renew(form) {
  if (performance.now() - Number(form.dataset.since) < STALE_AFTER) return;
  const page = await (await fetch(addressOf(form), { credentials: "same-origin" })).text();
  const fresh = new DOMParser().parseFromString(page, "text/html");
  const same = fresh.querySelector(`form[data-passkey="${form.dataset.passkey}"]`);
  if (!same) return;
  form.dataset.options = same.dataset.options;
  form.elements.csrf_token.value = same.elements.csrf_token.value;
  form.dataset.since = performance.now();
}

async function ask(form, more = {}) {
  const credential = await navigator.credentials[KINDS[form.dataset.passkey]]({ publicKey: optionsOf(form), ...more });
  form.elements.response.value = written(credential);
  form.submit();
}

const REASONS = { AbortError: null, InvalidStateError: "known", NotAllowedError: "cancelled" };

function explain(form, error) {
  const reason = error.name in REASONS ? REASONS[error.name] : "failed";
  if (reason) say(form, form.dataset[reason] ?? form.dataset.failed);
}

async function pressed(event) {
  const form = event.currentTarget;
  if (form.elements.response.value) return; // it is on its way
  event.preventDefault();
  const button = form.querySelector("button");
  say(form, "");
  button.disabled = true;
  waiting?.abort();
  try {
    await renew(form);
    await ask(form);
  } catch (error) {
    explain(form, error);
    button.disabled = false;
    offer(form);
  }
}

// Passkeys among what the browser fills in. Whoever does not choose one notices nothing.
async function offer(form) {
  if (form.dataset.passkey !== "sign-in") return;
  if (!document.querySelector('input[autocomplete~="webauthn"]')) return;
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  waiting = new AbortController();
  try {
    await ask(form, { mediation: "conditional", signal: waiting.signal });
  } catch (error) {
    if (error.name !== "NotAllowedError") explain(form, error);
  }
}

function prepare(form) {
  form.dataset.since = performance.now();
  form.elements.response.value = ""; // some browsers fill a form in again when one goes back to it
  form.hidden = false;
  form.addEventListener("submit", pressed);
  offer(form);
}

// Somebody came back to a page that the browser had kept as it was: its challenge has been answered.
function cameBack({ persisted }) {
  if (!persisted) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.elements.response.value = "";
    form.querySelector("button").disabled = false;
    form.dataset.since = -STALE_AFTER;
  }
}

if (window.PublicKeyCredential && navigator.credentials) {
  for (const form of document.querySelectorAll("form[data-passkey]")) prepare(form);
  addEventListener("pageshow", cameBack);
}
