// The filter that was chosen, its map enlarged, and one of its units.
const pinned = { layer: null, filter: -1, row: 0, column: 0, strongest: true };

/** Pin a filter, at its strongest unit. */
function pin(layer, filter) {
  Object.assign(pinned, { layer, filter, strongest: true });
  part("filter").value = filter;
  const image = patchesOf(layer, filter, 288);
  const sheet = part("patches");
  if (sheet.querySelector("img")) sheet.querySelector("img").replaceWith(image);
  else sheet.prepend(image);
  const link = part("pinned-link");
  link.textContent = filterName(layer.name, filter);
  link.href = filterPage(layer, filter);
  part("pinned-caption").textContent = known(layer).captions[filter];
  remember();
  follow();
  if (mode === "reconstruct") begin();
}

function unpin() {
  pinned.layer = null;
  pinned.filter = -1;
}

/** Show a filter of whatever layer in Look. */
function showFilter(layer, filter) {
  pin(layer, filter);
  if (mode !== "look" && mode !== "reconstruct") setMode("look");
  if (grid.layer !== layer) setLayer(layer);
}

/** Bring the pinned filter's panel up to date with the maps that are shown. */
function follow() {
  const { layer, filter } = pinned;
  const shown = mode === "look" || mode === "reconstruct";
  const here = shown && filter >= 0 && grid.layer === layer && grid.answer;
  part("pinned").hidden = part("unpin").hidden = !here;
  placeCursors();
  drawOver();
  if (!here) return;
  const { maxima, units, maps, shape } = grid.answer;
  const [, height, width] = shape;
  if (pinned.strongest) {
    pinned.row = Math.floor(units[filter] / width);
    pinned.column = units[filter] % width;
  }
  part("pinned-words").textContent =
    maxima[filter] > 0
      ? `It answers ${weakerWords(weakerShare(layer, filter, maxima[filter]))}; its strongest unit has an activation of ${figure(maxima[filter])}.`
      : "It does not answer to this picture.";
  part("row").max = height - 1;
  part("column").max = width - 1;
  part("row").value = pinned.row;
  part("column").value = pinned.column;
  drawPinnedMap(
    maps.subarray(filter * height * width, (filter + 1) * height * width),
    height,
    width,
  );
  drawOver();
}

function drawPinnedMap(values, height, width) {
  const picture = new ImageData(width, height);
  new Uint32Array(picture.data.buffer).set(Uint32Array.from(values, (value) => ramp[value]));
  const small = document.createElement("canvas");
  small.width = width;
  small.height = height;
  small.getContext("2d").putImageData(picture, 0, 0);
  const map = part("pinned-map");
  const cell = Math.max(1, Math.floor(572 / Math.max(width, height)));
  map.width = width * cell;
  map.height = height * cell;
  const context = map.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, map.width, map.height);
  [
    ["#000", 6],
    ["#fff", 3],
  ].forEach(([colour, line]) => {
    context.strokeStyle = colour;
    context.lineWidth = line;
    context.strokeRect(pinned.column * cell, pinned.row * cell, cell, cell);
  });
}

/** Choose a unit of the pinned filter, clipped to its map. */
function chooseUnit(row, column) {
  const [, height, width] = grid.answer.shape;
  pinned.row = Math.max(0, Math.min(height - 1, row));
  pinned.column = Math.max(0, Math.min(width - 1, column));
  pinned.strongest = false;
  if (mode === "look") setMode("reconstruct");
  else begin();
}

function listenToPinned() {
  part("pinned-map").addEventListener("click", (event) => {
    const box = event.target.getBoundingClientRect();
    const [, height, width] = grid.answer.shape;
    chooseUnit(
      Math.floor(((event.clientY - box.top) / box.height) * height),
      Math.floor(((event.clientX - box.left) / box.width) * width),
    );
  });
  ["row", "column"].forEach((name) => {
    part(name).addEventListener("change", () =>
      chooseUnit(Math.round(part("row").value), Math.round(part("column").value)),
    );
  });
  part("maximum").addEventListener("click", () => {
    pinned.strongest = true;
    if (mode === "look") setMode("reconstruct");
    else begin();
  });
  part("unpin").addEventListener("click", () => {
    unpin();
    follow();
    remember();
    begin();
  });
  part("pin").addEventListener("click", () => {
    const filter = Number(part("filter").value);
    if (grid.layer && Number.isInteger(filter) && filter >= 0 && filter < grid.layer.filters)
      pin(grid.layer, filter);
    else tell(`This layer has the filters 0 to ${grid.layer.filters - 1}.`);
  });
}
