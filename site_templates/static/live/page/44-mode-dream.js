// Dream: a layer, a filter or a class is raised in the reader's picture, from small to large.
const DREAM_SLIDERS = ["dream-steps", "dream-octaves"];
let dreams = null; // the engine's settings for each target
let ownSteps = false; // whether the reader has moved a slider

/** What is to rise, and its name. */
function dreamTarget() {
  const kind = root.querySelector("[name=dream]:checked").value;
  const layer = chosenLayer();
  const filter = Number(part("dream-filter").value);
  if (kind === "class") {
    const index = Number(part("dream-class").value);
    return [{ class: index }, `“${className(index)}”`];
  }
  if (kind === "layer") return [{ layer: layer.name }, layer.title];
  if (!Number.isInteger(filter) || filter < 0 || filter >= layer.filters) {
    throw new Error(
      `${layer.title} has the filters 0 to ${layer.filters - 1}; there is no filter ${part("dream-filter").value}.`,
    );
  }
  return [{ layer: layer.name, filter }, filterName(layer.name, filter)];
}

function drawBytes(target, pixels, height, width) {
  target.width = width;
  target.height = height;
  target
    .getContext("2d")
    .putImageData(new ImageData(new Uint8ClampedArray(pixels), width, height), 0, 0);
}

async function dream() {
  const [target, name] = dreamTarget();
  const steps = Number(part("dream-steps").value);
  const octaves = Number(part("dream-octaves").value);
  const shown = part("dream-canvas");
  const draw = ({ pixels, height, width }) => drawBytes(shown, pixels, height, width);
  const words = (progress) =>
    `Octave ${progress.octave} of ${progress.of}, step ${progress.step} of ${progress.steps}.`;
  what(`${name} is being raised.`);
  let last = null;
  const fields = { target, steps, octaves };
  const answer = await runTask(part("dream-start"), "dream", fields, (progress) => {
    last = progress;
    draw(progress);
    part("dream-words").textContent = words(progress);
    showProgress(
      (progress.octave - 1) * progress.steps + progress.step,
      progress.of * progress.steps,
    );
  });
  if (answer === undefined) return;
  if (answer) draw(answer);
  part("dream-save").disabled = !last;
  if (last)
    shown.setAttribute(
      "aria-label",
      `The dream: your picture, changed so that ${name} answers more strongly`,
    );
  if (!answer) {
    part("dream-words").textContent = last ? `Stopped. ${words(last)}` : "Stopped.";
    what(`${name} was raised, until you stopped it.`);
    return;
  }
  part("dream-words").textContent =
    `${several(answer.steps, "step")} in each of ${several(answer.of, "octave")}.`;
  const { before, value } = answer;
  const went = `${dreamMeasure(target)} went from ${figure(before)} to ${figure(value)}.`;
  what(
    value > before
      ? `${name} was raised: ${went} What appears is what activates it, on top of your picture.`
      : `${name} did not rise: ${went} Try another number of steps or octaves.`,
  );
}

function dreamMeasure(target) {
  if (target.class !== undefined) return "its score";
  return target.filter !== undefined
    ? "the mean of its map"
    : "the mean square of its activations";
}

/** Save a canvas as a PNG file. */
function save(shown, name) {
  shown.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
}

modes.dream = {
  still: true,
  refresh() {
    drawCopy(part("dream-canvas"));
    part("dream-words").textContent = "";
    part("dream-save").disabled = true;
    dreamReady();
  },
};

/** Say what can be raised now. */
function dreamReady() {
  const kind = root.querySelector("[name=dream]:checked").value;
  const here = kind === "class" ? hasOutput : ready.has(chosenLayer().name);
  part("dream-filter-label").hidden = kind !== "filter";
  part("dream-class-label").hidden = kind !== "class";
  part("layers").hidden = kind === "class";
  part("dream-start").disabled = !here;
  showDreamSettings(kind);
  if (!task)
    what(
      here
        ? `Your picture will be changed, step by step, so that ${dreamWords(kind)} more strongly.`
        : "Its weights are still on their way.",
    );
}
/** Set the sliders to what is usual for this target, until the reader moves one. */
function showDreamSettings(kind) {
  const usual = dreams && (kind === "layer" ? dreams.layers[chosenLayer().name] : dreams[kind]);
  if (usual && !ownSteps) {
    part("dream-steps").value = usual.steps;
    part("dream-octaves").value = usual.octaves;
  }
  DREAM_SLIDERS.forEach((name) => {
    const count = Number(part(name).value);
    part(`${name}-words`).textContent = several(count, name.slice(6, -1));
  });
}

function dreamWords(kind) {
  if (kind === "class")
    return `the score of “${className(Number(part("dream-class").value))}” rises`;
  if (kind === "layer") return `${chosenLayer().title} answers`;
  return `filter ${part("dream-filter").value} of ${chosenLayer().title} answers`;
}

function listenToDream() {
  showDreamSettings();
  DREAM_SLIDERS.forEach((name) =>
    part(name).addEventListener("input", () => {
      ownSteps = true;
      showDreamSettings();
    }),
  );
  root.querySelectorAll("[name=dream], #live-dream-filter, #live-dream-class").forEach((field) => {
    field.addEventListener("change", () => {
      dreamReady();
      remember();
    });
  });
  part("dream-start").addEventListener("click", () => dream().catch(failed));
  part("dream-save").addEventListener("click", () => save(part("dream-canvas"), "dream.png"));
}
