// The scanner: the browser's own reader of codes where there is one, else the one that came along; the box always.

const SAID = JSON.parse(document.getElementById("words")?.textContent ?? "{}");
const video = /** @type {HTMLVideoElement} */ (document.getElementById("camera"));
const said = /** @type {HTMLElement} */ (document.getElementById("said-scan"));
const VENDOR = new URL("./vendor/", import.meta.url).href;
const EVERY = 150;

/** @param {string} tag */
function found(tag) {
  navigator.vibrate?.(60);
  location.assign(`/tech#/look/${encodeURIComponent(tag)}`);
}

/** @returns {Promise<{detect: (image: any) => Promise<{rawValue: string}[]>}>} */
async function reader() {
  const own = /** @type {any} */ (window).BarcodeDetector;
  if (own && (await own.getSupportedFormats()).includes("qr_code")) return new own();
  await new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${VENDOR}barcode-detector.js`;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  const made = /** @type {any} */ (window).BarcodeDetectionAPI;
  made.prepareZXingModule({ overrides: { locateFile: (/** @type {string} */ name) => `${VENDOR}${name}` } });
  return new made.BarcodeDetector({ formats: ["qr_code", "data_matrix", "code_128", "ean_13"] });
}

/**
 * Read one picture, such as a photo of a label.
 * @param {Blob} file
 */
async function readPhoto(file) {
  const codes = await (await reader()).detect(await createImageBitmap(file));
  if (codes[0]) found(codes[0].rawValue);
  else said.textContent = SAID["tech.no_code"];
}

async function watch() {
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    await video.play();
  } catch {
    video.hidden = true;
    said.textContent = SAID["tech.no_camera"];
    return;
  }
  const codes = await reader();
  const look = async () => {
    const seen = await codes.detect(video).catch(() => []);
    if (seen[0]) found(seen[0].rawValue);
    else setTimeout(look, EVERY);
  };
  look();
}

document.getElementById("typed")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const box = /** @type {HTMLInputElement} */ (document.getElementById("tag"));
  if (box.value.trim()) found(box.value.trim());
});
document.getElementById("photo")?.addEventListener("change", (event) => {
  const file = /** @type {HTMLInputElement} */ (event.target).files?.[0];
  if (file) readPhoto(file).catch(() => (said.textContent = SAID["tech.no_code"]));
});
document.body.dataset.ready = "yes";
watch();
