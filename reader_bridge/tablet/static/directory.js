// The people of the site as this tablet knows them: kept sealed as it came, opened in memory with a key that no script
// can read. A card is looked up by a key of this device's own over it. Without a directory nobody is known, and every
// touch is kept all the same.
import { build } from "./build.js";
import { keepNote, note } from "./database.js";

const NONCE_BYTES = 12;
let opened = { version: "", people: new Map() };

export const version = () => opened.version;

export function forgetAll() {
  opened = { version: "", people: new Map() };
}

async function open(answer, identity) {
  const sealed = Uint8Array.from(atob(answer.sealed), (sign) => sign.charCodeAt(0));
  const how = { name: "AES-GCM", iv: sealed.slice(0, NONCE_BYTES), additionalData: new TextEncoder().encode(answer.version) };
  const plain = await crypto.subtle.decrypt(how, identity.directory_key, sealed.slice(NONCE_BYTES));
  const { people } = JSON.parse(new TextDecoder().decode(plain));
  return { version: answer.version, people: new Map(people.map((person) => [person.card_key, person])) };
}

// Open what is kept, if anything is.
export async function load(identity) {
  const kept = identity?.directory_key ? await note("people") : null;
  if (!kept) return forgetAll();
  try {
    opened = await open(kept, identity);
  } catch {
    forgetAll(); // it is of another device: the next heartbeat brings ours
  }
}

// Fetch, open and keep the directory; one that does not open changes nothing. Throws what the line does.
export async function fetchPeople(line, identity) {
  const { version: told, sealed } = await line.get(build.directory);
  try {
    opened = await open({ version: told, sealed }, identity);
  } catch {
    console.warn("the directory that came could not be opened");
    return;
  }
  await keepNote("people", { version: told, sealed });
}

// Whose card it is, as far as this tablet knows; null for nobody.
export async function personOf(card, identity) {
  if (!card || !identity?.card_key || !opened.people.size) return null;
  const said = new TextEncoder().encode(`card|${card.tech}|${card.uid}`);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", identity.card_key, said));
  const key = Array.from(mac.slice(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return opened.people.get(key) ?? null;
}
