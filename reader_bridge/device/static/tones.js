// Three tones that are told apart in noise: up is recorded, twice is "look here", long and low is not kept.
const TONES = {
  recorded: [[880, 0, 0.12], [1320, 0.12, 0.22]],
  attention: [[740, 0, 0.16], [740, 0.26, 0.16]],
  not_kept: [[196, 0, 0.35], [165, 0.4, 0.6]],
};
let context = null;

export function waken() {
  context ??= new AudioContext();
  if (navigator.audioSession) navigator.audioSession.type = "playback"; // heard on iOS with its silent switch on, too
  return context.resume().then(() => context.state === "running", () => false);
}

export function play(name) {
  document.dispatchEvent(new CustomEvent("tone", { detail: name }));
  if (context?.state !== "running") return;
  for (const [hertz, after, lasts] of TONES[name] ?? []) {
    const begins = context.currentTime + after;
    const voice = context.createOscillator();
    const loudness = context.createGain();
    voice.type = name === "not_kept" ? "sawtooth" : "sine";
    voice.frequency.value = hertz;
    loudness.gain.setValueAtTime(0.0001, begins);
    loudness.gain.exponentialRampToValueAtTime(0.5, begins + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.0001, begins + lasts);
    voice.connect(loudness).connect(context.destination);
    voice.start(begins);
    voice.stop(begins + lasts + 0.02);
  }
}

export function say(text) {
  document.dispatchEvent(new CustomEvent("said", { detail: text }));
  if (!("speechSynthesis" in window) || speechSynthesis.speaking) return;
  const spoken = new SpeechSynthesisUtterance(text);
  spoken.lang = "ja-JP";
  // A voice of this machine: one from the network would send what is said away, and be silent offline.
  spoken.voice = speechSynthesis.getVoices().find((voice) => voice.lang.startsWith("ja") && voice.localService) ?? null;
  speechSynthesis.speak(spoken);
}
