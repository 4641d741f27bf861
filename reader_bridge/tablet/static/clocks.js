// The clocks of the tablet: the one on its wall, and the page's own, which nobody can set but which stands still while
// the tablet sleeps. So a run ends when the two part, and what is learnt of a run holds for the touches of that run.
const PARTED_MS = 2000;

let run = begin();

function begin() {
  return { id: uuid7(), apart_ms: Date.now() - performance.now() };
}

// wall_ms is since 1970, boottime_ms since the page was opened; boot_id names the run.
export function moment() {
  const wall = Date.now();
  const boottime = performance.now();
  if (Math.abs(wall - boottime - run.apart_ms) > PARTED_MS) run = begin();
  return { wall_ms: wall, boot_id: run.id, boottime_ms: Math.round(boottime) };
}

export function iso(ms) {
  return new Date(ms).toISOString();
}

// A time-ordered UUID (RFC 9562, version 7).
export function uuid7() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let ms = Date.now();
  for (let place = 5; place >= 0; place -= 1) {
    bytes[place] = ms % 256;
    ms = Math.floor(ms / 256);
  }
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
