// What makes a page an app: it comes up offline, takes its new version when nobody is in the middle of something, asks
// for its storage to be kept, and keeps the screen awake.
const LOOK_EVERY_MS = 30 * 60_000;
const TRY_EVERY_MS = 1_000;

// isFree tells whether the page may be loaded anew now.
export async function install(isFree) {
  if (!("serviceWorker" in navigator)) return;
  let hasOne = navigator.serviceWorker.controller !== null;
  let isDue = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    isDue = hasOne; // the first one is of the version that is shown
    hasOne = true;
  });
  const registration = await navigator.serviceWorker.register("worker.js", { updateViaCache: "none" });
  const look = () => registration.update().catch(() => {}); // offline: next time
  setInterval(look, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", () => document.hidden || look());
  setInterval(() => {
    if (!isFree()) return;
    if (isDue) location.reload();
    else if (registration.waiting && navigator.serviceWorker.controller) registration.waiting.postMessage("take over");
  }, TRY_EVERY_MS);
}

// Ask that the storage is kept; answers whether it is, or null where the browser does not say.
export async function keepStorage() {
  if (!navigator.storage?.persist) return null;
  return (await navigator.storage.persisted()) || navigator.storage.persist();
}

// onChange(isAwake) is told whenever the screen is kept awake or no longer; null where it cannot be.
export function keepAwake(onChange) {
  if (!navigator.wakeLock) return onChange(null);
  async function ask() {
    if (document.hidden) return;
    try {
      const lock = await navigator.wakeLock.request("screen");
      lock.addEventListener("release", () => onChange(false));
      onChange(true);
    } catch {
      onChange(false); // such as on a battery that is nearly empty
    }
  }
  document.addEventListener("visibilitychange", ask);
  return ask();
}
