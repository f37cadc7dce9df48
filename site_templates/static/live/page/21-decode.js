// A file becomes a picture of the input's size: in a worker of its own, so that the page goes on, or
// on the page, where the browser has no canvas in workers, or the file is a drawing (SVG).

/**
 * Lay the middle of a picture on a canvas: its shorter side fits, and what is transparent lies on
 * white. The worker runs this function's text.
 */
function layMiddle(context, source, width, height) {
  const { width: columns, height: rows } = context.canvas;
  const across = Math.min(width, (height * columns) / rows);
  const down = Math.min(height, (width * rows) / columns);
  const [left, top] = [(width - across) / 2, (height - down) / 2];
  context.fillStyle = "#fff";
  context.fillRect(0, 0, columns, rows);
  context.imageSmoothingQuality = "high";
  context.drawImage(source, left, top, across, down, 0, 0, columns, rows);
}

/** The worker: {file, rows, columns, most} → {width, height, middle}, or null where it cannot. */
async function decodeThere({ data: { file, rows, columns, most } }) {
  try {
    const whole = await createImageBitmap(file);
    const { width, height } = whole;
    if (width * height > most) return postMessage({ width, height });
    const context = new OffscreenCanvas(columns, rows).getContext("2d");
    layMiddle(context, whole, width, height);
    const middle = context.canvas.transferToImageBitmap();
    postMessage({ width, height, middle }, [middle]);
  } catch (error) {
    postMessage(null);
  }
}

/** Ask a worker for the middle of a file; null where it cannot. */
async function decodeInWorker(file) {
  const [rows, columns] = network.input;
  let worker;
  try {
    worker = workerOf(`${layMiddle} onmessage = ${decodeThere};`);
    return await new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = () => resolve(null);
      worker.postMessage({ file, rows, columns, most: MOST_PIXELS });
    });
  } catch (error) {
    return null; // refused, as where the engine runs on the page
  } finally {
    if (worker) worker.terminate();
  }
}

/** An image from a `data:` address, decoded. */
async function imageOf(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  return image;
}

/** Decode a file on the page, upright by its EXIF orientation. SVG is a picture to `<img>` alone. */
async function decodeHere(file) {
  try {
    return await createImageBitmap(file);
  } catch (error) {
    const reader = new FileReader();
    const address = await new Promise((resolve, reject) => {
      reader.onload = () => resolve(reader.result);
      reader.onerror = reject;
      reader.readAsDataURL(file);
    });
    return imageOf(address);
  }
}

/** {width, height, picture}: of the file, and what to draw for it, its middle or the whole. */
async function decode(file) {
  const { width, height, middle } = (await decodeInWorker(file)) || {};
  if (width) return { width, height, picture: middle };
  const picture = await decodeHere(file);
  if (!picture.width) throw new Error("This drawing has no size.");
  return { width: picture.width, height: picture.height, picture };
}
