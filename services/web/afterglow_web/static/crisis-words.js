// Shows the ways to get help while somebody types one of the practice's words. It happens here alone: nothing is sent.
import { say } from "./page.js";

const PAUSE = 400; // a word that is still being typed may become another one
const card = document.querySelector("[data-crisis-words]");
const field = document.querySelector("form[data-send] textarea");

// As people type: without capitals, accents and whichever apostrophe, and with any spaces in between.
function plain(text) {
  const letters = text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  return ` ${letters.replace(/['\u2019\u02bc`]/g, "").replace(/[^\p{L}\p{N}]+/gu, " ").trim()} `;
}

if (card && field) {
  const words = JSON.parse(card.dataset.crisisWords).map(plain).filter((word) => word.trim());
  // Once it is there it stays, also when the words are gone again: the thought may not be.
  const look = () => {
    if (!card.hidden || !words.some((word) => plain(field.value).includes(word))) return;
    card.hidden = false;
    say(card.querySelector("h2").textContent);
  };
  let timer = 0;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  });
  field.form.addEventListener("submit", look); // whoever sends at once
  look(); // what was kept over a sign-in
}
