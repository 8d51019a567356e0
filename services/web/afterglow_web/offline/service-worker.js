// Shows what the browser keeps where the portal cannot be reached: static files, and pages that say nothing about anybody.
// The server puts KEPT before this: `name` and `icon` of what comes by push; `version`, which changes with everything that is kept; `files`; `pages`, where `check_in` is the empty form, and `nowhere` all other pages.
const NAME = `afterglow-${KEPT.version}`;

// The next one waits until no page is open or nobody looks: where it takes over from another at once, Chromium never comes to a page that is on its way.
addEventListener("install", (event) => {
  event.waitUntil(keep());
});

addEventListener("message", (event) => {
  event.waitUntil(takeOverUnseen());
});

addEventListener("activate", (event) => {
  event.waitUntil(takeOver());
});

addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== location.origin) return;
  if (mode === "navigate") event.respondWith(open(event)); // auth's too: a page that is on its way and not taken is asked for twice
  else if (KEPT.files.includes(pathname)) event.respondWith(kept(pathname));
});

// What comes says nothing about anybody; one that cannot be read shows as the name alone, since something must show.
addEventListener("push", (event) => {
  let said = {};
  try {
    said = event.data.json();
  } catch {}
  const { title = KEPT.name, body = "", lang } = said;
  const options = { body, lang, icon: KEPT.icon, badge: KEPT.icon, tag: "notice", renotify: true };
  event.waitUntil(registration.showNotification(title, options));
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(clients.openWindow("/"));
});

// All of it or nothing. Files come out of the browser's cache, where this visit has put them; pages come without a cookie.
async function keep() {
  const cache = await caches.open(NAME);
  const pages = Object.values(KEPT.pages).map((page) => new Request(page, { credentials: "omit", cache: "no-store" }));
  await cache.addAll([...pages, ...KEPT.files.map((file) => new Request(file, { credentials: "omit" }))]);
}

// The page that asks is out of sight; another one may be looked at.
async function takeOverUnseen() {
  const pages = await clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!pages.some(({ visibilityState }) => visibilityState === "visible")) await skipWaiting();
}

async function takeOver() {
  for (const name of await caches.keys()) if (name !== NAME) await caches.delete(name);
  await registration.navigationPreload?.enable(); // the page is on its way while this starts
  await clients.claim();
}

async function kept(address) {
  const cache = await caches.open(NAME);
  return (await cache.match(address, { ignoreVary: true })) ?? fetch(address);
}

async function open({ request, preloadResponse }) {
  const today = new URL(request.url).pathname === "/";
  try {
    const answer = (await preloadResponse) ?? (await fetch(request));
    return today && answer.status >= 502 ? kept(KEPT.pages.check_in) : answer;
  } catch {
    return kept(today ? KEPT.pages.check_in : KEPT.pages.nowhere);
  }
}
