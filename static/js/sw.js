// The service worker: shows a page of ours where the server cannot be reached, and notifications on phones.
// It keeps that one page with its styles. Mail is never kept: everything else goes to the network untouched.
const CACHE = "offline-1";
const PAGE = "/offline";

self.addEventListener("install", event => event.waitUntil(keep().then(() => self.skipWaiting())));

self.addEventListener("activate", event => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
  await self.clients.claim();
})()));

async function keep() {
  const cache = await caches.open(CACHE);
  const page = await fetch(PAGE, { credentials: "omit", cache: "no-store" });
  if (!page.ok) throw new Error(`${PAGE} answered ${page.status}`);
  const html = await page.clone().text();
  const assets = [...html.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map(each => each[1].replaceAll("&amp;", "&"));
  await cache.addAll(new Set(assets));
  await cache.put(PAGE, page);
}

self.addEventListener("fetch", event => {
  const { request } = event;
  if (request.method !== "GET") return; // what changes something is the browser's alone: its origin must not become ours
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(async error => (await caches.match(PAGE)) ?? Promise.reject(error)));
  } else if (new URL(request.url).pathname.startsWith("/static/")) {
    event.respondWith(fetch(request).catch(async error => (await caches.match(request)) ?? Promise.reject(error)));
  }
});

self.addEventListener("notificationclick", event => {
  event.notification.close();
  const { code, id } = event.notification.data ?? {};
  event.waitUntil((async () => {
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const shown = pages.find(each => new URL(each.url).pathname.startsWith("/m")) ?? pages[0];
    const window = await (shown ? shown.focus() : self.clients.openWindow(id ? "/codes" : "/"));
    if (event.action === "copy" && code) (window ?? shown)?.postMessage({ copy: code, id });
  })());
});
