// Has notices come to this browser. The browser is asked for leave only when somebody presses the button.
import { newId } from "./new-id.js";
import { registered, ring, ringing, stop, subscription } from "./ringing.js";

const card = document.getElementById("this-browser");
const form = document.getElementById("add-browser");
const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

function say(state) {
  for (const part of card.querySelectorAll("[data-state]")) part.hidden = !part.dataset.state.split(" ").includes(state);
  card.setAttribute("aria-busy", "false");
}

const listed = () => document.querySelector(`[data-browser="${ringing()?.id}"]`);

async function look() {
  if (!able) return say("unable");
  if (Notification.permission === "denied") return say("denied");
  const here = (await subscription()) && listed();
  if (here) here.querySelector("[data-here]").hidden = false;
  say(here ? "here" : "ready");
}

async function add() {
  if ((await Notification.requestPermission()) !== "granted") return look();
  await (await subscription())?.unsubscribe(); // whoever it was for
  const options = { userVisibleOnly: true, applicationServerKey: card.dataset.key };
  const { endpoint, keys } = (await (await registered()).pushManager.subscribe(options)).toJSON();
  const id = newId();
  ring(id);
  for (const [name, value] of Object.entries({ id, endpoint, ...keys })) if (form.elements[name]) form.elements[name].value = value;
  form.submit();
}

async function pressed({ target }) {
  target.disabled = true;
  try {
    await add();
  } catch {
    say("failed");
  } finally {
    target.disabled = false;
  }
}

card.querySelector("button").addEventListener("click", pressed);
document.addEventListener("submit", ({ target }) => listed()?.contains(target) && stop());
look().catch(() => say("failed"));
