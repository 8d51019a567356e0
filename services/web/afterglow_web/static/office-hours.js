// A page may stand open when the practice closes or opens: the notice beside Send comes and goes with that.
import { say } from "./page.js";

const notice = document.getElementById("outside-hours");
const LONGEST_TIMER = 2 ** 31 - 1;

if (notice) {
  const { closes, opens } = notice.dataset;
  const from = closes ? Date.parse(closes) : 0;
  const until = opens ? Date.parse(opens) : Infinity;
  let timer = 0;
  const look = () => {
    const now = Date.now();
    const isOpen = now < from || now >= until;
    if (notice.hidden && !isOpen) say(notice.textContent.trim());
    notice.hidden = isOpen;
    clearTimeout(timer);
    const next = now < from ? from : until;
    if (now < next && next < Infinity) timer = setTimeout(look, Math.min(next - now, LONGEST_TIMER));
  };
  look();
  document.addEventListener("visibilitychange", look); // timers stand still while a phone sleeps
}
