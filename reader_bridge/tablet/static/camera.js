// The camera reads QR codes: with the browser's own detector where it has one, else with the library qr.
const EVERY_MS = 150;
const MOST_SIDE = 720; // pixels; a phone's screen at arm's length is read well at this
const GONE_MS = 3000; // a code that was not seen for so long is a new one
let detector = null;

async function openDetector() {
  const formats = (await globalThis.BarcodeDetector?.getSupportedFormats?.().catch(() => [])) ?? [];
  if (formats.includes("qr_code")) {
    const native = new BarcodeDetector({ formats: ["qr_code"] });
    return async (canvas) => (await native.detect(canvas))[0]?.rawValue ?? "";
  }
  const { default: decode } = await import("./vendor/decode.js");
  return async (canvas) => {
    try {
      return decode(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height));
    } catch {
      return ""; // there is none in this picture
    }
  };
}

function draw(video, canvas) {
  const scale = Math.min(1, MOST_SIDE / Math.max(video.videoWidth, video.videoHeight));
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  canvas.getContext("2d", { willReadFrequently: true }).drawImage(video, 0, 0, canvas.width, canvas.height);
}

// Why the camera does not open, as a key of the words.
export function whyClosed(error) {
  if (error?.name === "NotAllowedError" || error?.name === "SecurityError") return "camera.forbidden";
  if (error?.name === "NotFoundError" || error?.name === "OverconstrainedError") return "camera.none";
  return "camera.failed";
}

// Show the camera in a video element and tell onText(text) each code once. facing: "user" or "environment". Answers a
// function that closes it. Throws what the browser says when there is no camera, or it may not be used.
export async function openCamera(video, facing, onText) {
  detector ??= await openDetector();
  const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: facing, width: { ideal: 1280 }, height: { ideal: 720 } } });
  const canvas = document.createElement("canvas");
  let isOpen = true;
  let last = { text: "", at: 0 };
  video.classList.toggle("mirrored", stream.getVideoTracks()[0].getSettings().facingMode !== "environment" && facing === "user");
  video.srcObject = stream;
  await video.play().catch(() => {});

  async function look() {
    if (!isOpen) return;
    if (video.readyState >= 2 && video.videoWidth && !document.hidden) {
      draw(video, canvas);
      const text = await detector(canvas).catch(() => "");
      const now = performance.now();
      if (text && isOpen) {
        const isNew = text !== last.text || now - last.at > GONE_MS;
        last = { text, at: now };
        if (isNew) onText(text);
      }
    }
    setTimeout(look, EVERY_MS);
  }
  look();

  return () => {
    isOpen = false;
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
}
