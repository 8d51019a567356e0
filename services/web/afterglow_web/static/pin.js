// While the form that pins a line is open, words that are marked in the entry come into it.
const details = document.getElementById("pin");
const written = document.querySelector(".written");

if (details && written) {
  const form = details.querySelector("form");
  form.querySelector("[data-with-scripts]").hidden = false;
  document.addEventListener("selectionchange", () => {
    const marked = getSelection();
    const inside = written.contains(marked.anchorNode) && written.contains(marked.focusNode);
    if (!details.open || marked.isCollapsed || !inside) return;
    form.elements.words.value = marked.toString().trim();
    for (const line of form.querySelectorAll("[name=line]")) line.checked = false;
  });
}
