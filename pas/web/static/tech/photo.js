// Photos are shrunk on the device before they are kept: five megabytes of a phone's camera are some hundred kilobytes.

const SIDE = 1600;
const MOST = 900_000;

/**
 * Make a photo small and upright, without where it was taken; one that cannot be read here is kept as it is.
 * @param {Blob} file
 * @returns {Promise<Blob>}
 */
export async function shrink(file) {
  let picture;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file;
  }
  const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  for (const quality of [0.8, 0.65, 0.5, 0.35]) {
    const made = await new Promise((/** @type {(blob: Blob | null) => void} */ resolve) => {
      canvas.toBlob(resolve, "image/jpeg", quality);
    });
    if (made && (made.size <= MOST || quality === 0.35)) return made;
  }
  return file;
}

/**
 * Name bytes by their digest.
 * @param {Blob} blob
 */
export async function digest(blob) {
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  return [...found].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
