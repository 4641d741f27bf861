// The service worker: VERSION and FILES stand above. It answers from what was fetched with its version, so that the app
// comes up whole without a network; a new version waits until the page says that nobody is in the middle of something.
const CACHE = `genba-gate-${VERSION}`;
const HOME = new URL("./", self.location).href;

self.addEventListener("install", (event) => {
  const wanted = FILES.map((name) => new Request(new URL(name, HOME), { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(wanted)));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("genba-gate-") && name !== CACHE;
  const clean = caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))));
  event.waitUntil(clean.then(() => self.clients.claim()));
});

self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(HOME)) return; // what is sent to the server is none of ours
  const wanted = request.mode === "navigate" ? HOME : request;
  event.respondWith(caches.open(CACHE).then((cache) => cache.match(wanted)).then((kept) => kept ?? fetch(request)));
});
