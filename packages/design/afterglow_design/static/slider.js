// Turns a radio scale into a range. It has no value, posts nothing and shows no knob until the person touches it.
import { onNewContent } from "./content.js";

const MINUS = "\u2212";

function say(sentence, value) {
  return sentence.replace("{value}", String(value).replace("-", MINUS));
}

function upgrade(fieldset) {
  const { name, min, max, step, value, empty, clear, spoken } = fieldset.dataset;
  const range = document.createElement("input");
  const button = document.createElement("button");
  const track = fieldset.querySelector(".slider-track");
  range.defaultValue = value;
  Object.assign(range, { type: "range", min, max, step, className: "slider-range", id: `${fieldset.id}-range` });
  Object.assign(button, { type: "button", className: "slider-clear", textContent: clear });
  range.setAttribute("aria-labelledby", `${fieldset.id}-legend`);
  range.setAttribute("aria-describedby", fieldset.getAttribute("aria-describedby") ?? `${fieldset.id}-ends`);
  button.setAttribute("aria-label", `${clear}: ${fieldset.querySelector("legend").textContent.trim()}`);

  const set = () => {
    range.name = name;
    delete range.dataset.untouched;
    range.setAttribute("aria-valuetext", say(spoken, range.value));
    button.hidden = false;
  };
  const unset = () => {
    range.removeAttribute("name");
    range.value = (Number(min) + Number(max)) / 2;
    range.dataset.untouched = "";
    range.setAttribute("aria-valuetext", empty);
    button.hidden = true;
  };
  const restore = (earlier) => {
    unset();
    if (earlier === "") return;
    range.value = earlier;
    set();
  };

  let before = "";
  for (const event of ["input", "pointerup"]) range.addEventListener(event, set);
  range.addEventListener("pointerdown", () => {
    before = range.hasAttribute("name") ? range.value : "";
  });
  range.addEventListener("pointercancel", () => restore(before)); // the finger was scrolling: that is no answer
  range.addEventListener("keydown", (event) => {
    if (event.key === " ") set();
    if (event.key === "Delete" || event.key === "Backspace") unset();
  });
  button.addEventListener("click", () => {
    unset();
    range.focus();
  });
  fieldset.form?.addEventListener("reset", () => setTimeout(() => restore(value)));

  track.replaceChildren(range);
  fieldset.querySelector(".slider-skip").replaceWith(button);
  fieldset.removeAttribute("data-slider");
  restore(value);
}

onNewContent((root) => root.querySelectorAll("fieldset[data-slider]").forEach(upgrade));
