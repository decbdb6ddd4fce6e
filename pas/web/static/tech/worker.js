// The service worker: keeps the shell of the technician's app, asks the network first for its pages, and no other page.
/* global self, caches, fetch, Response */

const { version, shell } = /** @type {{version: string, shell: string[]}} */ (self.PAS);
const CACHE = `tech-${version}`;
const PATIENCE = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(shell)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const others = (names) => names.filter((name) => name.startsWith("tech-") && name !== CACHE);
  const clear = caches.keys().then((names) => Promise.all(others(names).map((name) => caches.delete(name))));
  event.waitUntil(clear.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (request.mode === "navigate" && ["/tech", "/tech/scan"].includes(address.pathname)) event.respondWith(page(request, address.pathname));
  else if (shell.includes(address.pathname + address.search) || address.pathname.startsWith("/tech/app/")) event.respondWith(file(request));
});

/** Ask the network, but not for long; then show what is kept. */
async function page(request, path) {
  const cache = await caches.open(CACHE);
  const fresh = fetch(request).then(async (answer) => {
    if (answer.ok && !answer.redirected) await cache.put(path, answer.clone());
    return answer;
  });
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  const first = await Promise.race([fresh.catch(() => undefined), late]);
  if (first && first.status < 500) return first;
  return (await cache.match(path)) ?? first ?? fresh;
}

/** Give a file that never changes under its address; what is not of the shell is kept once it was wanted. */
async function file(request) {
  const cache = await caches.open(CACHE);
  const known = await cache.match(request);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}
