// Cover: a grey square on the picture, and what the answer becomes.
const cover = {
  row: null, // of the square's middle, once it was laid
  column: null,
  target: null,
  whole: 0,
  map: null,
  stride: 0,
  busy: false,
  again: false,
};

/** What is asked about: the first answer's class; where there are none, the pinned filter. */
async function coverTarget() {
  if (network.classes.length) {
    if (!headIsHere()) return null;
    const { top } = await ask("name");
    cover.whole = top[0][1];
    cover.name = `“${className(top[0][0])}”`;
    cover.words = percent;
    return top[0][0];
  }
  const layer = pinned.layer || chosenLayer();
  if (!ready.has(layer.name)) {
    waiting = true;
    what(`${layer.title} is still on its way.`);
    return null;
  }
  const { maxima } = await ask("look", { layer: layer.name });
  const filter = pinned.layer === layer ? pinned.filter : ranked(layer, maxima)[0][0];
  cover.whole = maxima[filter];
  cover.name = filterName(layer.name, filter);
  cover.words = figure;
  return { layer: layer.name, filter };
}

function coverSide() {
  return Number(part("cover-side").value);
}

/** Move the square, and ask anew as soon as the last question is answered. */
async function coverAt(row, column) {
  cover.row = Math.max(0, Math.min(canvas.height - 1, Math.round(row)));
  cover.column = Math.max(0, Math.min(canvas.width - 1, Math.round(column)));
  part("cover-row").value = cover.row;
  part("cover-column").value = cover.column;
  part("cover-side-words").textContent = `${coverSide()} px`;
  drawOver();
  cover.again = true;
  if (cover.busy || cover.target === null) return;
  cover.busy = true;
  try {
    while (cover.again) {
      cover.again = false;
      await measureCover();
    }
  } finally {
    cover.busy = false;
  }
}

async function measureCover() {
  const on = part("cover-on").checked;
  const answer = on
    ? await ask("cover", {
        row: cover.row,
        column: cover.column,
        side: coverSide(),
        target: cover.target,
      })
    : { probability: cover.whole, activation: cover.whole };
  if (!answer || mode !== "cover") return;
  const value = network.classes.length ? answer.probability : answer.activation;
  const first = on && answer.top && answer.top[0];
  part("cover-name").textContent = cover.name;
  part("cover-value").textContent = cover.words(value);
  part("cover-bar").style.width =
    `${Math.min(100, (100 * value) / (network.classes.length ? 1 : cover.whole || 1))}%`;
  part("cover-words").textContent =
    first && first[0] !== cover.target
      ? `The first answer is now “${className(first[0])}”, ${percent(first[1])}.`
      : "";
  what(
    on
      ? `With the square at row ${cover.row}, column ${cover.column}: ${cover.name} ${cover.words(value)}. Nothing covered: ${cover.words(cover.whole)}.`
      : `Nothing covered: ${cover.name} ${cover.words(value)}.`,
  );
}

/** Cover every place in turn. */
async function coverEverywhere() {
  const stride = Math.ceil(Math.max(...network.input) / 14);
  cover.stride = stride;
  const fields = { side: coverSide(), stride, target: cover.target };
  const answer = await runTask(part("cover-all"), "coverAll", fields, (progress) => {
    showProgress(progress.done, progress.of);
    keepCoverMap(progress.map);
    drawOver();
  });
  if (!answer) return;
  keepCoverMap(answer.map);
  drawOver();
  const { row, column, probability } = answer.lowest;
  what(
    `${several(answer.map.length, "place")} covered in turn: ${cover.name} is lowest with the square ` +
      `at row ${row}, column ${column}, ${cover.words(probability)} after ${cover.words(answer.whole)}. ` +
      (probability < answer.whole
        ? "Bright is where covering takes the most away."
        : "Covering takes nothing away anywhere."),
  );
}

/** Keep a map of answers as how much each place takes away, 0…255; unknown ones stay dark. */
function keepCoverMap(map) {
  const fall = Float32Array.from(map, (value) =>
    Number.isNaN(value) ? 0 : Math.max(0, cover.whole - value),
  );
  const most = fall.reduce((a, b) => Math.max(a, b), 0) || 1;
  cover.map = fall.map((value) => (255 * value) / most);
  part("cover-map-label").hidden = false;
  part("cover-map").checked = true;
}

modes.cover = {
  still: true,
  async refresh() {
    cover.map = null;
    part("cover-map-label").hidden = true;
    cover.target = await coverTarget();
    if (cover.target !== null)
      await coverAt(cover.row ?? canvas.height / 2, cover.column ?? canvas.width / 2);
  },
  over(context) {
    const side = coverSide();
    if (cover.map && part("cover-map").checked) {
      const columns = Math.ceil(canvas.width / cover.stride);
      lightUp(
        context,
        cover.map,
        cover.map.length / columns,
        columns,
        0,
        0,
        cover.stride,
        cover.stride,
      );
    } else if (part("cover-on").checked) {
      const left = cover.column - Math.floor(side / 2);
      const top = cover.row - Math.floor(side / 2);
      context.fillStyle = "#808080";
      context.fillRect(left, top, side, side);
      outline(context, left, top, side, side);
    }
  },
};

function listenToCover() {
  const frame = part("drop");
  const move = (event) => {
    if (mode !== "cover" || !hasPicture || (part("cover-map").checked && cover.map)) return;
    const box = canvas.getBoundingClientRect();
    coverAt(
      ((event.clientY - box.top) / box.height) * canvas.height,
      ((event.clientX - box.left) / box.width) * canvas.width,
    ).catch(failed);
  };
  frame.addEventListener(
    "pointermove",
    (event) => (event.pointerType === "mouse" || event.buttons) && move(event),
  );
  frame.addEventListener("pointerdown", move);
  frame.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [0, -8], ArrowRight: [0, 8], ArrowUp: [-8, 0], ArrowDown: [8, 0] };
    if (mode !== "cover" || !moves[event.key] || event.ctrlKey || event.altKey || event.metaKey)
      return;
    event.preventDefault();
    coverAt(cover.row + moves[event.key][0], cover.column + moves[event.key][1]).catch(failed);
  });
  ["cover-row", "cover-column", "cover-side", "cover-on"].forEach((name) => {
    part(name).addEventListener("input", () => {
      if (cover.map) part("cover-map").checked = false;
      coverAt(Number(part("cover-row").value), Number(part("cover-column").value)).catch(failed);
    });
  });
  part("cover-map").addEventListener("change", drawOver);
  part("cover-all").addEventListener("click", () => coverEverywhere().catch(failed));
}
