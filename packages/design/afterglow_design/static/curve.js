// Reads a curve out row by row of its table: a slider under the drawing, moved by keys, a finger, or by pointing at it.
import { onNewContent } from "./content.js";

const NOTHING = "\u2013"; // as a table has it where there is nothing to say
const SVG = "http://www.w3.org/2000/svg";

function sentence(headers, row) {
  const [when, ...values] = [...row.cells].map((cell) => cell.textContent);
  const said = values.map((value, place) => (value === NOTHING ? null : `${headers[place + 1]} ${value}`));
  return `${when}: ${said.filter(Boolean).join(", ")}`;
}

function upgrade(figure) {
  const rows = [...figure.querySelectorAll("tr[data-at]")];
  const drawing = figure.querySelector(".curve");
  const { reading } = figure.dataset;
  figure.removeAttribute("data-reading");
  if (rows.length < 2) return;
  const headers = [...figure.querySelector("thead").querySelectorAll("th")].map((cell) => cell.textContent);
  const range = Object.assign(document.createElement("input"), { type: "range", min: 0, max: rows.length - 1 });
  const label = Object.assign(document.createElement("label"), { className: "curve-reading", textContent: reading });
  const said = Object.assign(document.createElement("span"), { className: "curve-said" });
  const here = document.createElementNS(SVG, "path");
  here.setAttribute("class", "curve-here");
  said.setAttribute("aria-hidden", "true"); // the slider says the same as its value

  const show = () => {
    const row = rows[range.valueAsNumber];
    said.textContent = sentence(headers, row);
    range.setAttribute("aria-valuetext", said.textContent);
    here.setAttribute("d", `M${row.dataset.at} 4V86`);
    drawing.firstElementChild.append(here);
  };
  const point = (event) => {
    const { left, width } = drawing.getBoundingClientRect();
    const at = ((event.clientX - left) / width) * 100;
    const away = rows.map((row) => Math.abs(row.dataset.at - at));
    range.value = away.indexOf(Math.min(...away));
    show();
  };

  range.value = rows.length - 1;
  range.addEventListener("input", show);
  range.addEventListener("focus", show);
  for (const event of ["pointerdown", "pointermove"]) drawing.addEventListener(event, point);
  said.textContent = sentence(headers, rows.at(-1));
  range.setAttribute("aria-valuetext", said.textContent);
  label.append(range);
  drawing.after(label, said);
}

onNewContent((root) => root.querySelectorAll("figure[data-reading]").forEach(upgrade));
