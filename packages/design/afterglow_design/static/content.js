// Calls back for the page as it is now and for everything htmx swaps in later.
export function onNewContent(callback) {
  callback(document);
  document.addEventListener("htmx:after:swap", () => callback(document));
}
