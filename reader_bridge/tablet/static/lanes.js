// What is sent next: what was touched just now is not kept waiting by what has waited for days. Two lanes take turns,
// the fresh one and the backlog. Touches that the server wants later are held, each by itself; those of a batch that
// it could not take go alone, until it is known which of them it was. As reader_bridge/device/lanes.py does it.
import * as spool from "./spool.js";

const MOST_ITEMS = 200;
const FRESH_MS = 60_000;
const BATCH_TRIES = 3;
const FIRST_S = 2;
const MOST_S = 300;
const MOST_ASKED_S = 3600; // of what a server may ask for: a mistyped header must not silence a gate for days
const FIRST_HOLD_S = 5;

const jitter = (seconds) => seconds * (0.5 + Math.random() / 2);

// How long to leave a server alone that does not answer: longer each time, never the same for two tablets.
export class Backoff {
  failures = 0;

  nextS(askedS = null) {
    const most = Math.min(MOST_S, FIRST_S * 2 ** Math.min(this.failures, 20));
    this.failures += 1;
    return Math.max(jitter(most), Math.min(askedS ?? 0, MOST_ASKED_S));
  }

  end() {
    this.failures = 0;
  }
}

export class Lanes {
  size = MOST_ITEMS;
  alone = new Set();
  #last = "backlog";
  #others = ["alone", "backlog"];
  #held = new Map();
  #failures = { fresh: 0, backlog: 0, alone: 0 };

  // now_s is of the clock that never jumps. Answers { lane, touches }, or null when nothing is due.
  async next(moment, now_s) {
    const later = new Set([...this.#held].filter(([, held]) => held.until_s > now_s).map(([seq]) => seq));
    const order = this.#last === "fresh" ? [...this.#others, "fresh"] : ["fresh", ...this.#others];
    for (const lane of order) {
      const touches = await this.#of(lane, moment, later);
      if (touches.length) {
        this.#last = lane;
        if (lane === this.#others[0]) this.#others.reverse();
        return { lane, touches };
      }
    }
    return null;
  }

  // The server answered: what it settled is out, and the next batch may be larger.
  took({ lane }, settled) {
    this.#failures[lane] = 0;
    this.size = Math.min(MOST_ITEMS, this.size * 2);
    for (const seq of settled) {
      this.alone.delete(seq);
      this.#held.delete(seq);
    }
  }

  hold(seq, now_s) {
    const times = this.#held.get(seq)?.times ?? 0;
    const wait_s = Math.min(MOST_S, FIRST_HOLD_S * 2 ** Math.min(times, 10));
    this.#held.set(seq, { times: times + 1, until_s: now_s + jitter(wait_s) });
  }

  // Halve what is sent at once; answers whether it was one touch already.
  tooLarge({ touches }) {
    this.size = Math.max(1, Math.floor(touches.length / 2));
    return touches.length === 1;
  }

  failed({ lane, touches }) {
    this.#failures[lane] += 1;
    if (lane !== "alone" && this.#failures[lane] >= BATCH_TRIES) {
      for (const touch of touches) this.alone.add(touch.seq);
      this.#failures[lane] = 0;
    }
  }

  nextDueS() {
    return this.#held.size ? Math.min(...[...this.#held.values()].map((held) => held.until_s)) : null;
  }

  release() {
    for (const held of this.#held.values()) held.until_s = 0;
  }

  async #of(lane, moment, later) {
    const outOfTurn = new Set([...later, ...this.alone]);
    if (lane === "fresh") return spool.freshWaiting(moment, FRESH_MS, this.size, outOfTurn);
    if (lane === "backlog") return spool.oldestWaiting(this.size, outOfTurn);
    const due = [...this.alone].filter((seq) => !later.has(seq));
    if (!due.length) return [];
    const found = await spool.waiting(Math.min(...due));
    if (!found) this.alone.delete(Math.min(...due)); // settled by an answer that came late
    return found ? [found] : [];
  }
}
