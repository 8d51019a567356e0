// Has the browser keep what opens without a network, once this page has all that it needs itself.
function keep() {
  const { serviceWorker } = navigator;
  const address = `/service-worker.js?ui_locales=${document.documentElement.lang}`;
  serviceWorker?.register(address, { updateViaCache: "none" }).catch(() => {}); // or at the next page
}

if (document.readyState === "complete") keep();
else addEventListener("load", keep);
