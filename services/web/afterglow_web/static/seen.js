// "Seen" below one's own newest message that the other one has read, where both tell it: looked up whenever something
// moved. What cannot be looked up is not claimed.
const list = document.querySelector("[data-conversation][data-seen]");
let asking = false;
let moved = false;

function show(sequence) {
  const own = [...list.querySelectorAll(".message-own:not(.message-withdrawn)")];
  const read = own.filter(({ dataset }) => sequence !== null && Number(dataset.sequence) <= sequence).at(-1);
  const line = list.querySelector(".message-seen") ?? document.createElement("p");
  if (!read) line.remove();
  else if (line.parentElement !== read) {
    line.className = "message-seen";
    line.textContent = list.dataset.seen;
    read.append(line);
  }
}

async function look() {
  moved = true;
  if (asking) return;
  asking = true;
  while (moved) {
    moved = false;
    const headers = { Accept: "application/json", "Afterglow-Unattended": "true" };
    const answer = await fetch(`/conversations/${list.dataset.conversation}/seen`, { headers }).catch(() => null);
    const told = answer?.ok ? await answer.json().catch(() => null) : null;
    show(told?.sequence ?? null);
  }
  asking = false;
}

if (list) document.body.addEventListener("afterglow:messages", look);
