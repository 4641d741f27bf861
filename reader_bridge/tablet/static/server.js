// The tablet's side of the line to the server: signed requests (RFC 9421, as reader_bridge/signing.py reads them), and
// two kinds of failure. AwayError: nothing was said that the server itself can have said, or it asks for patience.
// ProblemError: it said no, with a code.
import { moment } from "./clocks.js";

const TIMEOUT_MS = 20_000;
const LATER = new Set([408, 425, 429, 502, 503, 504]);
const PLAIN = new Set([413, 500]); // said by proxies and broken servers without a code, and meant all the same
const PARTS = '("@method" "@path" "@query" "content-digest")';
export const ENROLLING = "enrolling";

export class AwayError extends Error {
  constructor(why, retryAfterS = null) {
    super(why);
    this.retryAfterS = retryAfterS;
  }
}

export class ProblemError extends Error {
  constructor(status, { code, message = "", last_sequence = null }) {
    super(`${status} ${code}: ${message}`);
    Object.assign(this, { status, code, said: message, lastSequence: last_sequence });
  }
}

export function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

async function signed(key, keyId, method, target, body) {
  const digest = `sha-256=:${base64(new Uint8Array(await crypto.subtle.digest("SHA-256", body)))}:`;
  const nonce = base64(crypto.getRandomValues(new Uint8Array(18))).replaceAll("+", "-").replaceAll("/", "_");
  const said = `${PARTS};created=${Math.floor(Date.now() / 1000)};nonce="${nonce}";keyid="${keyId}";alg="ed25519"`;
  const [path, query = ""] = target.split("?", 2);
  const lines = [`"@method": ${method}`, `"@path": ${path}`, `"@query": ?${query}`, `"content-digest": ${digest}`, `"@signature-params": ${said}`];
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", key, new TextEncoder().encode(lines.join("\n"))));
  return { "Content-Digest": digest, "Signature-Input": `genba=${said}`, Signature: `genba=:${base64(signature)}:` };
}

// learn(boot_id, began_ms) is told whenever an answer tells when this run began by the server's clock.
export function openLine(keyId, key, learn = () => {}) {
  async function ask(method, target, content) {
    const body = new TextEncoder().encode(content === undefined ? "" : JSON.stringify(content));
    const headers = { ...(await signed(key, keyId, method, target, body)), "Content-Type": "application/json" };
    const before = moment();
    const answer = contentOf(...(await fetched(method, target, headers, body)));
    const after = moment();
    const now = Date.parse(answer.now);
    if (before.boot_id === after.boot_id && Number.isFinite(now)) {
      learn(after.boot_id, now - Math.round((before.boottime_ms + after.boottime_ms) / 2));
    }
    return answer;
  }
  return { post: (target, content) => ask("POST", target, content), get: (target) => ask("GET", target) };
}

async function fetched(method, target, headers, body) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
  const options = { method, headers, cache: "no-store", credentials: "omit", redirect: "error", signal: stop.signal };
  try {
    const response = await fetch(target, method === "GET" ? options : { ...options, body });
    return [response, await response.text()];
  } catch (error) {
    throw new AwayError(String(error));
  } finally {
    clearTimeout(timer);
  }
}

function contentOf(response, text) {
  if (LATER.has(response.status)) throw new AwayError(`the server answers ${response.status}`, retryAfterS(response.headers));
  let content = null;
  try {
    content = JSON.parse(text);
  } catch {
    content = null;
  }
  const isObject = content !== null && typeof content === "object" && !Array.isArray(content);
  if (response.status === 200 && isObject) return content;
  if (isObject && typeof content.code === "string") throw new ProblemError(response.status, content);
  if (PLAIN.has(response.status)) throw new ProblemError(response.status, { code: `http_${response.status}` });
  throw new AwayError(`something else than the server answers (${response.status})`);
}

// A date is read by the answer's own clock, not by ours.
function retryAfterS(headers) {
  const said = (headers.get("retry-after") ?? "").trim();
  if (/^\d+$/.test(said)) return Number(said);
  const wait = (Date.parse(said) - Date.parse(headers.get("date") ?? "")) / 1000;
  return Number.isFinite(wait) ? Math.max(0, wait) : null;
}
