// Has the browser keep what opens without a network, once this page has all that it needs itself.
let leaves = false;
addEventListener("pagehide", () => (leaves = true));
addEventListener("pageshow", () => (leaves = false));

// The next worker takes over while nobody looks, at this page or another: whoever looks may be on the way to another page.
function letTakeOver(registration) {
  if (document.visibilityState === "hidden" && !leaves) registration?.waiting?.postMessage("takeover");
}

function keep() {
  const { serviceWorker } = navigator;
  const address = `/service-worker.js?ui_locales=${document.documentElement.lang}`;
  serviceWorker
    ?.register(address, { updateViaCache: "none" })
    .then((registration) => document.addEventListener("visibilitychange", () => letTakeOver(registration)))
    .catch(() => {}); // or at the next page
}

if (document.readyState === "complete") keep();
else addEventListener("load", keep);
