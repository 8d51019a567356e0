// Replying to one message on the page that is open, so that nothing typed is lost: without this its link opens it anew.
const QUOTED = 140; // characters, as the server shows them
const form = document.querySelector("form[data-send]");
const box = form?.querySelector("[data-replying]");

export function repliesTo() {
  return form.elements.reply_to.value || null;
}

export function endReply() {
  form.elements.reply_to.value = "";
  box.hidden = true;
  box.querySelector("[data-quote]").replaceChildren();
}

// The quotes of a message that was corrected or withdrawn must not go on saying what it said.
export function requote(message) {
  const id = message.id.replace("message-", "");
  for (const text of document.querySelectorAll(`[data-quoted="${id}"] .quote-text`)) text.textContent = words(message);
}

function words(message) {
  const said = message.querySelectorAll(".message-text");
  const parts = said.length ? said : message.querySelectorAll(".files a");
  const text = [...parts].map(({ textContent }) => textContent.trim()).join(", ");
  return text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
}

export function beginReply(id) {
  const message = document.getElementById(`message-${id}`);
  const quote = document.createElement("blockquote");
  quote.className = "quote";
  quote.dataset.quoted = id;
  for (const [name, said] of [["head", message.querySelector("strong").textContent], ["text", words(message)]]) {
    const line = document.createElement("p");
    line.className = `quote-${name}`;
    line.textContent = said;
    quote.append(line);
  }
  form.elements.reply_to.value = id;
  box.querySelector("[data-quote]").replaceChildren(quote);
  box.hidden = false;
}

function show(message) {
  location.hash = message.id;
  message.tabIndex = -1;
  message.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-reply], [data-no-reply], .quote a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const original = link.closest(".quote") && document.getElementById(link.hash.slice(1));
  if (original) show(original);
  else if (form && link.dataset.reply) {
    beginReply(link.dataset.reply);
    form.elements.text.focus();
  } else if (form && "noReply" in link.dataset) {
    endReply();
    form.elements.text.focus();
  } else return;
  event.preventDefault();
});
