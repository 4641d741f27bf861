// Who this tablet is: its private key, which no script can read, and what the server said when it was enrolled.
import { keepNote, note, of, write } from "./database.js";

const NAME = "identity";
const ED25519 = { name: "Ed25519" };

// null while the tablet belongs to no site.
export const load = async () => (await note(NAME)) ?? null;

function shownAs(device) {
  return {
    device_id: device.device_id,
    name: device.name,
    place_note: device.place_note,
    direction: device.direction,
    site_name: device.site.name,
    day_starts_min: device.site.day_starts_min,
  };
}

// What every start needs; "" or why there is none of it.
export function whyLacking() {
  if (!isSecureContext) return "insecure";
  return globalThis.indexedDB && navigator.locks && globalThis.BroadcastChannel && crypto.subtle ? "" : "old";
}

// Whether this browser can make such a key, keep it, and sign with what it has kept; "" or why not.
export async function whyUnfit() {
  if (whyLacking()) return whyLacking();
  try {
    const pair = await crypto.subtle.generateKey(ED25519, false, ["sign", "verify"]);
    await keepNote("trial", pair.privateKey);
    await crypto.subtle.sign(ED25519, await note("trial"), new Uint8Array(1));
    await write(["notes"], ({ notes }) => of(notes.delete("trial")));
    return "";
  } catch (error) {
    return ["NotSupportedError", "DataCloneError", "TypeError", "OperationError"].includes(error?.name) ? "old" : "storage";
  }
}

export async function newKey() {
  const pair = await crypto.subtle.generateKey(ED25519, false, ["sign", "verify"]);
  return { key: pair.privateKey, public_key: new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)) };
}

// What the tablet is after its enrolment; the keys to the directory can be used, and no longer read.
export async function identityFrom(enrolled, key) {
  const raw = Uint8Array.from(atob(enrolled.directory_key), (sign) => sign.charCodeAt(0));
  return {
    ...shownAs(enrolled.device),
    heartbeat_every_s: Math.max(1, enrolled.heartbeat_every_s),
    revoked: false,
    key,
    directory_key: await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]),
    card_key: await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]),
  };
}

// Write down who the tablet is; of a device that it was before nobody is known any more.
export function keep(identity) {
  return write(["notes"], async ({ notes }) => {
    await of(notes.put(identity, NAME));
    await of(notes.delete("people"));
    await of(notes.put(0, "heartbeats"));
  });
}

// Write down what became of a device, unless the tablet is another by now: it may have been enrolled again.
async function change(device_id, changes) {
  return write(["notes"], async ({ notes }) => {
    const kept = await of(notes.get(NAME));
    if (kept?.device_id !== device_id) return kept ?? null;
    const changed = { ...kept, ...changes };
    await of(notes.put(changed, NAME));
    if (changed.revoked) await of(notes.delete("people"));
    return changed;
  });
}

export function changed(identity, device) {
  const told = shownAs(device);
  const isNews = Object.entries(told).some(([name, value]) => identity[name] !== value);
  return isNews ? change(identity.device_id, told) : identity;
}

// The keys and the people go at once; the touches stay.
export function revoke(identity) {
  return change(identity.device_id, { revoked: true, key: null, directory_key: null, card_key: null });
}
