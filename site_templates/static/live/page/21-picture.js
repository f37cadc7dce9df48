// The reader's picture: from a file, dropped, pasted, or one of those to begin with.
const canvas = part("canvas");
const original = document.createElement("canvas"); // as it came, not yet mirrored
let hasPicture = false;
let pictureTurn = 0; // pictures asked for: of two on their way, the later one shows
let pictureWords = ""; // what it shows
let mirrorBefore = null; // whether a still picture was mirrored, while one of the camera's is shown
const HEADER_BYTES = 1 << 25; // enough to see a second frame in any but the largest files

/** Say of the picture what the reader should know. */
function tell(words) {
  part("told").textContent = words;
}

/** Lay the middle of a picture into the network's input. */
function bring(source, width, height) {
  [original.height, original.width] = network.input;
  layMiddle(original.getContext("2d"), source, width, height);
  hasPicture = true;
}

/** Bring RGBA to their luminance, as ITU-R BT.601 weighs the colours, and as the gallery has it. */
function withoutColours(bytes) {
  for (let at = 0; at < bytes.length; at += 4) {
    const [red, green, blue] = bytes.subarray(at, at + 3);
    bytes.fill((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16, at, at + 3);
  }
}

/** Give what was brought to the engine, mirrored where that is wanted. */
function hand() {
  canvas.width = original.width;
  canvas.height = original.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (part("mirror").checked) {
    context.translate(canvas.width, 0);
    context.scale(-1, 1);
  }
  context.drawImage(original, 0, 0);
  const picture = context.getImageData(0, 0, canvas.width, canvas.height);
  if (network.grey) {
    withoutColours(picture.data);
    context.putImageData(picture, 0, 0);
  }
  ask("picture", { pixels: picture.data }).catch(failed);
}

/** Say what the picture shows. */
function describe(shows, credit = "") {
  pictureWords = shows;
  const mirrored = part("mirror").checked ? ", mirrored" : "";
  canvas.setAttribute("aria-label", `The picture as the network gets it: ${shows}${mirrored}`);
  part("credit").textContent = credit;
}

/** A new picture stands still: draw it and begin with it again. */
function show(shows, credit) {
  if (mirrorBefore !== null) part("mirror").checked = mirrorBefore;
  mirrorBefore = null;
  describe(shows, credit);
  hand();
  begin();
}

/** Whether a picture has too many pixels; says so. */
function tooLarge(name, { width, height }) {
  const large = width * height > MOST_PIXELS;
  if (large) {
    const size = Math.round((width * height) / 1e6);
    const most = Math.floor(MOST_PIXELS / 1e6);
    tell(`${name} has ${size} megapixels, and ${most} are the most. Make it smaller first.`);
  }
  return large;
}

/** Take a file, or say why not. */
async function takeFile(file) {
  const mine = (pictureTurn += 1);
  const name = file.name || "the pasted picture";
  let header, decoded;
  try {
    header = readHeader(new Uint8Array(await file.slice(0, HEADER_BYTES).arrayBuffer()));
    if (header && tooLarge(name, header)) return;
    decoded = await decode(file);
  } catch (error) {
    tell(`${name} is no picture that this browser can read. Try a JPEG or PNG file.`);
    return;
  }
  if (mine !== pictureTurn || tooLarge(name, decoded)) return;
  const { picture } = decoded;
  stopCamera();
  bring(picture, picture.width, picture.height);
  if (picture.close) picture.close();
  tell(header && header.moves ? `${name} moves; this is its first frame.` : "");
  pressSample(null);
  show(name);
}

/** Take the first picture of a drop or a paste. */
function takeFirst(files, what) {
  const file = Array.from(files).find((each) => each.type.startsWith("image/")) || files[0];
  if (file) takeFile(file).catch(failed);
  else tell(`What you ${what} is no picture file. Save the picture first, then choose it here.`);
}

function pressSample(name) {
  part("samples")
    .querySelectorAll("button")
    .forEach((button) => {
      button.setAttribute("aria-pressed", String(button.dataset.sample === name));
    });
}

async function takeSample(name) {
  const mine = (pictureTurn += 1);
  const sample = pictures.find((each) => each.name === name);
  const image = await imageOf(sample.src);
  if (mine !== pictureTurn) return;
  stopCamera();
  bring(image, image.naturalWidth, image.naturalHeight);
  tell("");
  pressSample(name);
  show(sample.words, sample.credit);
}

/** The buttons of the pictures to begin with show them. */
function fillSamples() {
  part("samples")
    .querySelectorAll("button")
    .forEach((button) => {
      const sample = pictures.find((each) => each.name === button.dataset.sample);
      const image = new Image(48, 48);
      image.alt = "";
      image.src = sample.src;
      button.prepend(image);
      button.addEventListener("click", () => takeSample(sample.name).catch(failed));
    });
}

function listenForPictures() {
  const field = part("file");
  part("choose").addEventListener("click", () => field.click());
  field.addEventListener("change", () => {
    if (field.files.length) takeFile(field.files[0]).catch(failed);
    field.value = ""; // the same file may be chosen again
  });
  document.addEventListener("paste", (event) => {
    const { files } = event.clipboardData;
    if (files.length || !event.target.closest?.("[type=number]")) takeFirst(files, "pasted");
  });
  document.addEventListener("dragover", () => root.classList.add("over"));
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) root.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    root.classList.remove("over");
    takeFirst(event.dataTransfer.files, "dropped");
  });
  part("mirror").addEventListener("change", () => {
    if (!hasPicture) return;
    describe(pictureWords, part("credit").textContent);
    hand();
    begin();
  });
}
