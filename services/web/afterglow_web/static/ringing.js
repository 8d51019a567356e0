// Whether this browser has notices come, and for whom. That ends when they sign out or leave at once, or somebody else signs in.
const NAME = "afterglow-ringing";
const person = document.body.dataset.person;
let held = null; // known beforehand: a page that is being left waits for nothing

export const registered = () => navigator.serviceWorker.ready;
export const subscription = async () => (held = await (await registered()).pushManager.getSubscription());
export const ringing = () => JSON.parse(localStorage.getItem(NAME) ?? "null");
export const ring = (id) => localStorage.setItem(NAME, JSON.stringify({ id, person }));

export function stop() {
  localStorage.removeItem(NAME);
  return held?.unsubscribe().catch(() => {}); // the push service says so to whoever sends there again
}

function signOut({ target }) {
  const asksFirst = document.getElementById("unsent-at-sign-out"); // outbox.js, which says when
  if (!asksFirst && target.matches('[action="/sign-out"]')) stop();
}

if (ringing() && person && "PushManager" in window) {
  subscription().then(() => ringing()?.person !== person && stop());
  document.addEventListener("submit", signOut);
  addEventListener("afterglow:forgetting", stop);
  addEventListener("afterglow:leaving", ({ detail }) => detail?.atOnce && stop());
}
