// Whom a line of typing or a QR code names. Typing as reader_bridge/device/readers/typed.py reads it.
const TECH_BY_SIGNS = { 8: "unknown", 14: "type_a", 16: "felica", 20: "type_a" };
const QR_PREFIX = /^genba:/i;

function plain(text) {
  return text.normalize("NFKC").replace(/[\s\p{Pd}.:ー−]/gu, "").toLowerCase();
}

// 14 digits are a CCUS id, other hexadecimal a card; null when neither.
export function readTyped(text) {
  const signs = plain(text);
  if (/^[0-9]{14}$/.test(signs)) return { ccus_worker_id: signs };
  if (!(signs.length in TECH_BY_SIGNS) || !/^[0-9a-f]+$/.test(signs)) return null;
  return { card: { tech: TECH_BY_SIGNS[signs.length], uid: signs } };
}

// The 14 digits as the whole text, or behind "genba:"; null for every other code.
export function readQr(text) {
  const signs = plain(text.trim().replace(QR_PREFIX, ""));
  return /^[0-9]{14}$/.test(signs) ? { ccus_worker_id: signs } : null;
}

// The code that lets a tablet in, from what the office's page shows as a QR: an address with it in the fragment.
export function readCode(text) {
  const signs = (/#code=([^&]+)/.exec(text)?.[1] ?? text).normalize("NFKC").toUpperCase().replace(/[^0-9A-Z]/g, "");
  return /^[2-9A-HJ-NP-Z]{12}$/.test(signs) ? signs.match(/.{4}/g).join("-") : null;
}
