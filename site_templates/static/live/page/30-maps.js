// The activation maps of a layer as one dense grid. A map's grey says how strongly the filter
// answers, compared with the gallery's images or with itself.
const SMALLEST = 28; // CSS pixels of a tile, with its gutter a target of at least 24
const LARGEST = 76;
const GUTTER = 2;
const SLICE = 12; // milliseconds of drawing at a time
const grid = {
  canvas: null,
  answer: null,
  layer: null,
  order: [],
  tile: 0,
  columns: 1,
  rows: 1,
  page: 0,
  at: -1,
  drawn: 0,
};
// Black is no answer, white the strongest.
const ramp = Uint32Array.from({ length: 256 }, (_, value) => 0xff000000 | (value * 0x010101));

/** Choose the size of tiles so that all maps show at once if they can. */
function layOut() {
  const width = part("maps").clientWidth;
  const phone = innerWidth < 700;
  const high = phone ? 0.4 * innerHeight : 560;
  const wanted = Math.sqrt((width * high) / grid.order.length);
  const pitch = Math.max(SMALLEST, Math.min(LARGEST, Math.floor(wanted))) + GUTTER;
  grid.columns = Math.max(1, Math.floor((width + GUTTER) / pitch));
  grid.tile = Math.floor((width + GUTTER) / grid.columns) - GUTTER;
  const rows = Math.ceil(grid.order.length / grid.columns);
  const most = Math.max(2, Math.round((phone ? high : 900) / (grid.tile + GUTTER)));
  grid.rows = rows <= most + 2 ? rows : most;
  grid.page = Math.min(grid.page, pages() - 1);
}

function perPage() {
  return grid.columns * grid.rows;
}
function pages() {
  return Math.max(1, Math.ceil(grid.order.length / perPage()));
}

/** For each picture pixel of a tile the first pixel of the map under it: starts [to + 1]. */
function starts(from, to) {
  return Int32Array.from({ length: to + 1 }, (_, at) => Math.floor((at * from) / to));
}

/** The largest box [w, h] of a map's shape in a square tile, and where it begins: [left, top]. */
function boxIn(side, width, height) {
  const most = Math.max(width, height);
  const box = [width, height].map((length) => Math.max(1, Math.round((side * length) / most)));
  return [...box, ...box.map((length) => Math.floor((side - length) / 2))];
}

/** Draw one map into a strip: mean of the map's pixels where it is reduced, else the nearest. */
function drawTile(strip, stride, left, maps, offset, columns, xs, ys, grey) {
  for (let y = 0; y + 1 < ys.length; y += 1) {
    const bottom = Math.max(ys[y + 1], ys[y] + 1);
    let to = y * stride + left;
    for (let x = 0; x + 1 < xs.length; x += 1, to += 1) {
      const right = Math.max(xs[x + 1], xs[x] + 1);
      let sum = 0;
      for (let row = ys[y]; row < bottom; row += 1) {
        for (
          let from = offset + row * columns + xs[x], end = from + right - xs[x];
          from < end;
          from += 1
        )
          sum += maps[from];
      }
      strip[to] = grey[(sum / ((bottom - ys[y]) * (right - xs[x]))) | 0];
    }
  }
}

/** How bright a filter's largest value is drawn, 0…1. */
function brightness(filter) {
  if (part("own-scale").checked) return 1;
  const strong = known(grid.layer).strong[filter];
  return strong ? Math.min(1, grid.answer.maxima[filter] / strong) : 1;
}

/** Draw the page of maps in slices, so that nothing waits for it. */
async function drawGrid() {
  const mine = (grid.drawn += 1);
  const { answer, tile, columns } = grid;
  const [, height, width] = answer.shape;
  const scale = Math.min(2, devicePixelRatio || 1);
  const first = grid.page * perPage();
  const shown = grid.order.slice(first, first + perPage());
  const rows = Math.ceil(shown.length / columns);
  const side = Math.round(tile * scale);
  const pitch = Math.round((tile + GUTTER) * scale);
  const across = pitch * columns - Math.round(GUTTER * scale);
  const down = pitch * rows - Math.round(GUTTER * scale);
  if (grid.canvas.width !== across || grid.canvas.height !== down) {
    grid.canvas.width = across;
    grid.canvas.height = down;
  }
  const context = grid.canvas.getContext("2d");
  const [wide, high, left, top] = boxIn(side, width, height);
  const xs = starts(width, wide);
  const ys = starts(height, high);
  let began = performance.now();
  for (let row = 0; row < rows; row += 1) {
    const picture = new ImageData(across, side);
    const strip = new Uint32Array(picture.data.buffer);
    shown.slice(row * columns, (row + 1) * columns).forEach((filter, column) => {
      const bright = brightness(filter);
      const grey =
        bright === 1
          ? ramp
          : Uint32Array.from(ramp, (_, value) => ramp[Math.round(value * bright)]);
      drawTile(
        strip,
        across,
        top * across + left + column * pitch,
        answer.maps,
        filter * height * width,
        width,
        xs,
        ys,
        grey,
      );
    });
    context.putImageData(picture, 0, row * pitch);
    if (performance.now() - began > SLICE) {
      await new Promise((resolve) => setTimeout(resolve));
      if (mine !== grid.drawn) return;
      began = performance.now();
    }
  }
}

/** Show what a layer answers; `order` [filters] is kept where it is not given. */
function showMaps(layer, answer, order) {
  const other = grid.layer !== layer;
  grid.layer = layer;
  grid.answer = answer;
  if (order) grid.order = order;
  if (other) {
    grid.page = 0;
    grid.at = -1;
  }
  if (!part("maps").clientWidth) return null; // another mode was chosen meanwhile
  layOut();
  placeCursors();
  if (!moving()) describeCursor();
  describePages();
  return drawGrid();
}

function describePages() {
  const count = pages();
  const first = grid.page * perPage();
  part("pages").hidden = count === 1;
  part("pages-words").textContent =
    `${first + 1} to ${Math.min(first + perPage(), grid.order.length)} of ${grid.order.length}`;
  part("pages-back").disabled = grid.page === 0;
  part("pages-on").disabled = grid.page === count - 1;
}

/** Where the pinned filter stands in the order; −1 where it is of another layer. */
function pinnedPlace() {
  return pinned.layer === grid.layer ? grid.order.indexOf(pinned.filter) : -1;
}

/** Frame the filter under the cursor and the pinned one. */
function placeCursors() {
  placeCursor(part("cursor"), grid.at);
  placeCursor(part("pin-mark"), pinnedPlace());
}
function placeCursor(mark, at) {
  const place = at - grid.page * perPage();
  mark.hidden = at < 0 || place < 0 || place >= perPage();
  mark.style.left = `${(place % grid.columns) * (grid.tile + GUTTER)}px`;
  mark.style.top = `${Math.floor(place / grid.columns) * (grid.tile + GUTTER)}px`;
  mark.style.width = mark.style.height = `${grid.tile}px`;
}

/** Put the cursor on a place in the order: its map shows over the picture. */
function moveTo(at) {
  grid.at = at;
  const page = Math.floor(at / perPage());
  if (at >= 0 && page !== grid.page) turnTo(page);
  describeCursor();
  placeCursors();
  drawOver();
}

/** Say which filter the cursor is on, for those who listen. */
function describeCursor() {
  if (grid.at < 0) return;
  const filter = grid.order[grid.at];
  const share = weakerShare(grid.layer, filter, grid.answer.maxima[filter]);
  const maps = part("maps");
  maps.setAttribute("aria-valuemax", String(grid.order.length - 1));
  maps.setAttribute("aria-valuenow", String(grid.at));
  maps.setAttribute("aria-valuetext", `filter ${filter}, ${weakerWords(share)}`);
}

function turnTo(page) {
  grid.page = Math.max(0, Math.min(pages() - 1, page));
  describePages();
  placeCursors();
  drawGrid();
}

function placeUnder(event) {
  const box = grid.canvas.getBoundingClientRect();
  const column = Math.floor((event.clientX - box.left) / (grid.tile + GUTTER));
  const row = Math.floor((event.clientY - box.top) / (grid.tile + GUTTER));
  const at = grid.page * perPage() + row * grid.columns + column;
  return column < 0 || column >= grid.columns || at >= grid.order.length ? -1 : at;
}

function listenToMaps() {
  const maps = part("maps");
  grid.canvas = maps.querySelector("canvas");
  maps.addEventListener(
    "pointermove",
    (event) => grid.answer && event.pointerType !== "touch" && moveTo(placeUnder(event)),
  );
  maps.addEventListener("pointerleave", () => moveTo(-1));
  maps.addEventListener("click", (event) => {
    const at = grid.answer ? placeUnder(event) : -1;
    if (at >= 0) pin(grid.layer, grid.order[at]);
  });
  maps.addEventListener(
    "focus",
    () =>
      grid.answer &&
      grid.at < 0 &&
      moveTo(Math.max(pinnedPlace(), grid.page * perPage())),
  );
  maps.addEventListener("blur", () => moveTo(-1));
  maps.addEventListener("keydown", (event) => {
    const moves = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -grid.columns,
      ArrowDown: grid.columns,
      PageUp: -perPage(),
      PageDown: perPage(),
      Home: -Infinity,
      End: Infinity,
    };
    if (!grid.answer || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key in moves)
      moveTo(Math.max(0, Math.min(grid.order.length - 1, Math.max(grid.at, 0) + moves[event.key])));
    else if ((event.key === "Enter" || event.key === " ") && grid.at >= 0)
      pin(grid.layer, grid.order[grid.at]);
    else return;
    event.preventDefault();
  });
  part("pages-back").addEventListener("click", () => turnTo(grid.page - 1));
  part("pages-on").addEventListener("click", () => turnTo(grid.page + 1));
  part("own-scale").addEventListener("change", () => grid.answer && drawGrid());
  new ResizeObserver(() => {
    if (!grid.answer || !maps.clientWidth) return;
    layOut();
    placeCursors();
    describePages();
    drawGrid();
  }).observe(maps);
}
