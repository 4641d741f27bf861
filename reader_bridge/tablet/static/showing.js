// What the page is given to show of a touch: as reader_bridge/device/showing.py, from the same texts. The page is in
// Japanese; a person whose language is another is told in it as well. What is shown first may be corrected by the
// server's answer a moment later.
import { texts } from "./texts.js";

const { words, languages } = texts;
const JAPANESE = "ja";
const ENGLISH = "en";
const JAPAN_MS = 9 * 3_600_000;
const DAY_MS = 86_400_000;
const ENDS_SOON_DAYS = 30; // so long before its last day a card says so at each touch

function fill(template, values) {
  return template.replace(/\{(\w+)(:02d)?\}/g, (_, name, padded) => (padded ? String(values[name]).padStart(2, "0") : values[name] ?? ""));
}

function inJapan(ms) {
  const local = new Date(ms + JAPAN_MS);
  return { year: local.getUTCFullYear(), month: local.getUTCMonth() + 1, day: local.getUTCDate(), hour: local.getUTCHours(), minute: local.getUTCMinutes() };
}

// 7:52
export function clockTime(ms) {
  return fill("{hour}:{minute:02d}", inJapan(ms));
}

// The time of day, with the date when it is not today's in Japan.
export function when(ms, now) {
  const isToday = dayStart(ms, 0) === dayStart(now, 0);
  return isToday ? clockTime(ms) : fill("{month}月{day}日 {hour}:{minute:02d}", inJapan(ms));
}

// When the site's present day began, in ms.
export function dayStart(now, dayStartsMin) {
  const behind = JAPAN_MS - dayStartsMin * 60_000;
  return Math.floor((now + behind) / DAY_MS) * DAY_MS - behind;
}

function spoken(language, ms) {
  const [time, fullHour] = languages[language].time;
  const at = inJapan(ms);
  return fill(at.minute ? time : fullHour, at);
}

function sentences(key, spokenIn, ms = null) {
  return [...new Set(spokenIn)].filter((each) => each in languages).map((lang) => (
    { lang, text: fill(languages[lang].sentences[key], { time: ms === null ? "" : spoken(lang, ms) }) }
  ));
}

function reasonLines(reason, language) {
  if (!(reason in languages[JAPANESE].reasons)) return [];
  return [...new Set([JAPANESE, language])].filter((each) => each in languages).map((lang) => ({ lang, text: languages[lang].reasons[reason] }));
}

// The sentence in a person's language; the Japanese one is said by headline, name and time already.
function told(language, name, site, direction, ms) {
  if (language === JAPANESE || !(language in languages)) return [];
  const template = languages[language].sentences[direction ?? "gate_recorded"];
  return [{ lang: language, text: fill(template, { name, site, time: spoken(language, ms) }) }];
}

// That a card ends within a month; one that has ended is the server's matter.
function endsSoon(person, ms) {
  if (!person?.valid_until) return [];
  const at = inJapan(ms);
  const [year, month, day] = person.valid_until.split("-").map(Number);
  const days = (Date.UTC(year, month - 1, day) - Date.UTC(at.year, at.month - 1, at.day)) / DAY_MS;
  if (days < 0 || days > ENDS_SOON_DAYS) return [];
  return [...new Set([JAPANESE, person.language])].filter((each) => each in languages).map((lang) => (
    { lang, text: fill(languages[lang].sentences.gate_ends_soon, { date: `${year}/${month}/${day}` }) }
  ));
}

const headline = (direction) => words[direction] ?? words.recorded;

function shown(id, tone, name, head, ms, lines) {
  return { id, tone, name, headline: head, time: clockTime(ms), lines, late: false };
}

// Once a touch is on the disk; a direction only where the office has fixed it.
export function kept(touch, ms, person, identity) {
  const direction = identity?.direction ?? null;
  if (!touch.card) return shown(touch.id, "recorded", "", headline(direction), ms, []);
  if (!person) return shown(touch.id, "attention", "", words.recorded, ms, reasonLines("unknown_card", ENGLISH));
  const lines = told(person.language, person.name, identity?.site_name ?? "", direction, ms);
  return shown(touch.id, "recorded", person.name, headline(direction), ms, [...lines, ...endsSoon(person, ms)]);
}

// After the server's answer: direction, name, and the reason when there is one. Who is not known is told in English too.
export function corrected(before, answer, ms, person, site) {
  const name = answer.worker || before.name;
  const language = person?.language ?? answer.language ?? (name ? JAPANESE : ENGLISH);
  if (answer.result === "refused") {
    const lines = sentences("gate_not_kept", [JAPANESE, language]);
    return { ...before, tone: "not_kept", headline: words.not_taken, lines, late: true };
  }
  const reason = reasonLines(answer.reason ?? "", language);
  const anew = reason.length ? reason : told(language, name, site, answer.direction ?? null, ms);
  const lines = reason.length || name ? [...anew, ...endsSoon(person, ms)] : before.lines;
  const needsAttention = reason.length > 0 || (!name && before.tone === "attention");
  return { ...before, tone: needsAttention ? "attention" : "recorded", name, headline: headline(answer.direction), lines, late: true };
}

// When the same person comes again at once.
export function repeated(ms, person) {
  const lines = sentences("gate_repeated", [JAPANESE, person?.language ?? JAPANESE], ms);
  return shown("", "recorded", person?.name ?? "", words.recorded_before, ms, lines);
}

export function notKept(ms) {
  return shown("", "not_kept", "", words.not_kept, ms, sentences("gate_not_kept", [JAPANESE, ENGLISH]));
}

export const invitation = () => languages[JAPANESE].sentences.gate_invite;
