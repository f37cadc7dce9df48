// The map of images: moved and zoomed, an image chosen on it, and some images lit up. Its pictures
// are tiles of thumbnails at several sizes; generator/studies/map/table.py says what `map` holds.
(() => {
  "use strict";
  const map = window.filterGalleryMap;
  const box = document.getElementById("map");
  if (!map || !box) return;
  const [form, chosen, legend, said, keys] = ["controls", "chosen", "legend", "said", "keys"].map(
    (id) => document.getElementById(id)
  );
  const whole = box.firstElementChild;
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  const CLOSEST = 160; // pixels of a cell
  const STEP = 1.6; // of a button or a key
  const REST = 120; // milliseconds that a pointer rests on an image before that is shown
  const SLIPS = 4; // pixels that a click may move
  // They differ in lightness as well as in hue, for eyes that see fewer colours.
  const COLOURS = ["#0b5fb0", "#e39a12", "#2f9e77", "#c26a9b", "#74bde8", "#c84a12"];
  const largest = map.sides[map.sides.length - 1];
  const named = map.labels.filter(Boolean);
  const tiles = new Map();
  const fingers = new Map();
  let cell = 1; // side of a cell, pixels
  let x = 0; // of the left border of what is seen, in cells
  let y = 0;
  let all = true; // of the map is seen
  let selected = 0;
  let pointed = -1;
  let drawing = 0;
  let resting = 0;
  let moved = 0; // pixels since the first finger came down
  let light = () => null; // of a cell: how much it is lit, 0 to 1, and perhaps its colour

  const within = (value, low, high) => Math.max(low, Math.min(high, value));
  const wide = () => box.clientWidth / cell;
  const high = () => box.clientHeight / cell;
  const least = () => Math.min(box.clientWidth / map.columns, box.clientHeight / map.rows);
  const rowOf = (at) => Math.floor(at / map.columns);
  const columnOf = (at) => at % map.columns;
  const labelOf = (at) => map.labels[map.label[at]];
  // The cell at a row and column; −1 where there is no image.
  function cellAt(row, column) {
    const inside = row >= 0 && column >= 0 && row < map.rows && column < map.columns;
    const at = row * map.columns + column;
    return inside && map.label[at] >= 0 ? at : -1;
  }

  function tile(side, row, column) {
    const src = map.pictures + side + "/" + row + "-" + column + ".webp";
    if (!tiles.has(src)) {
      const made = new Image();
      made.onload = ask;
      made.src = src;
      tiles.set(src, made);
    }
    return tiles.get(src);
  }
  function ask() {
    if (!drawing) drawing = requestAnimationFrame(draw);
  }
  function draw() {
    drawing = 0;
    const dots = window.devicePixelRatio || 1;
    canvas.width = Math.round(box.clientWidth * dots);
    canvas.height = Math.round(box.clientHeight * dots);
    pen.imageSmoothingQuality = "high";
    pen.fillStyle = getComputedStyle(box).getPropertyValue("--paper");
    // Left, top, width and height of some cells, in whole pixels, so that they meet without a gap.
    function area(row, column, rows, columns) {
      const edge = (cells) => Math.round(cells * cell * dots);
      const [left, top] = [edge(column - x), edge(row - y)];
      return [left, top, edge(column + columns - x) - left, edge(row + rows - y) - top];
    }
    function paint(picture, row, column, side) {
      if (!picture.complete || !picture.naturalWidth) return;
      const size = [picture.naturalHeight / side, picture.naturalWidth / side];
      pen.drawImage(picture, ...area(row, column, ...size));
    }
    function frame([left, top, across, down], thick, colour, outside) {
      const by = thick / 2 - outside;
      pen.lineWidth = thick;
      pen.strokeStyle = colour;
      pen.strokeRect(left + by, top + by, across - 2 * by, down - 2 * by);
    }
    function each(step, act) {
      const [left, top] = [x, y].map((from) => Math.max(0, Math.floor(from / step)));
      for (let row = top; row * step < Math.min(map.rows, y + high()); row += 1) {
        for (let column = left; column * step < Math.min(map.columns, x + wide()); column += 1) {
          act(row, column);
        }
      }
    }
    paint(whole, 0, 0, map.sides[0]);
    const side = map.sides.find((one) => one >= cell * dots - 1) || largest;
    const step = map.tile / side;
    if (side > map.sides[0]) {
      each(step, (row, column) => paint(tile(side, row, column), row * step, column * step, side));
    }
    each(1, (row, column) => {
      const at = cellAt(row, column);
      const lit = at < 0 ? { part: 0, rest: 1 } : light(at);
      if (!lit) return;
      const place = area(row, column, 1, 1);
      pen.globalAlpha = (lit.rest || 0.86) * (1 - lit.part);
      pen.fillRect(...place);
      pen.globalAlpha = 1;
      if (lit.colour) frame(place, within(place[2] / 8, dots, 6 * dots), lit.colour, 0);
    });
    [pointed, selected].forEach((at, n) => {
      if (at < 0) return;
      const place = area(rowOf(at), columnOf(at), 1, 1);
      const thick = (n + 1) * dots;
      frame(place, thick, "#fff", thick);
      frame(place, thick, "#000", 2 * thick);
    });
  }

  // Bring what is seen back onto the map, and draw it; the whole map lies in the middle.
  function settle() {
    const inside = (from, cells, seen) =>
      seen >= cells ? (cells - seen) / 2 : within(from, 0, cells - seen);
    x = inside(x, map.columns, wide());
    y = inside(y, map.rows, high());
    all = cell <= least();
    // While all is seen, a finger that goes up or down moves the page.
    box.style.touchAction = all ? "pan-y" : "none";
    ask();
  }
  function move(columns, rows) {
    x += columns;
    y += rows;
    settle();
  }
  // Zoom so that a point of the box stays where it is; say whether anything changed.
  function zoom(factor, left, top) {
    const before = cell;
    cell = within(cell * factor, least(), Math.max(CLOSEST, least()));
    move(left / before - left / cell, top / before - top / cell);
    return cell !== before;
  }
  // As above, around the selected image where that is seen, else around the middle.
  function zoomHere(factor) {
    const left = columnOf(selected) + 0.5 - x;
    const top = rowOf(selected) + 0.5 - y;
    const seen = left > 0 && top > 0 && left < wide() && top < high();
    zoom(factor, (seen ? left : wide() / 2) * cell, (seen ? top : high() / 2) * cell);
  }

  // What is known of an image, beside the map.
  function show(at) {
    const step = map.tile / largest;
    const [row, column] = [rowOf(at), columnOf(at)];
    const picture = tile(largest, Math.floor(row / step), Math.floor(column / step));
    const style = chosen.firstElementChild.style;
    style.backgroundImage = 'url("' + picture.src + '")';
    style.backgroundPosition = -(column % step) * largest + "px " + -(row % step) * largest + "px";
    chosen.querySelector("b").textContent = map.captions[at];
    chosen.querySelector("span").textContent = labelOf(at) ? "Label: " + labelOf(at) : "No label";
    chosen.querySelector(".pairs").replaceChildren(...map.strong[at].map(pair));
    const link = chosen.querySelector(".way a");
    link.hidden = !(at in map.pages);
    if (!link.hidden) link.href = map.image.replace("*", map.pages[at]);
  }
  function pair([number, part]) {
    const { layer } = map;
    const made = element("figure", "", "pair");
    const link = element("a");
    link.href = layer.page.replace("*", number);
    ["reconstructions", "patches"].forEach((kind) => {
      const sheet = new Image(layer.side, layer.side);
      sheet.alt = kind === "patches" ? "Patches" : layer.alt;
      sheet.src = layer[kind].replace("*", number);
      link.append(sheet);
    });
    link.append(element("figcaption", "Filter " + number + ": " + part + " %"));
    made.append(link);
    return made;
  }
  function element(name, text = "", className = "") {
    const made = document.createElement(name);
    made.textContent = text;
    made.className = className;
    return made;
  }
  function select(at) {
    const [row, column] = [rowOf(at), columnOf(at)];
    const caption = map.captions[at];
    const label = caption.includes(labelOf(at)) ? "" : ", " + labelOf(at);
    selected = at;
    show(at);
    said.textContent = caption + label + ". Row " + (row + 1) + ", column " + (column + 1) + ".";
    if (column < x || column + 1 > x + wide()) x = column + 0.5 - wide() / 2;
    if (row < y || row + 1 > y + high()) y = row + 0.5 - high() / 2;
    settle();
  }
  // The next image from the selected one on, over empty cells.
  function walk(rows, columns) {
    for (let n = 1; n < map.rows + map.columns; n += 1) {
      const at = cellAt(rowOf(selected) + n * rows, columnOf(selected) + n * columns);
      if (at >= 0) return select(at);
    }
  }

  function under(event) {
    const here = canvas.getBoundingClientRect();
    return [event.clientX - here.left, event.clientY - here.top];
  }
  function cellUnder(event) {
    const [left, top] = under(event);
    return cellAt(Math.floor(top / cell + y), Math.floor(left / cell + x));
  }
  function point(at) {
    if (at === pointed) return;
    pointed = at;
    clearTimeout(resting);
    resting = setTimeout(() => show(at < 0 ? selected : at), REST);
    ask();
  }
  // The middle of all fingers, and how far one is from it.
  function spread() {
    const all = Array.from(fingers.values());
    const [left, top] = [0, 1].map((n) => all.reduce((sum, one) => sum + one[n], 0) / all.length);
    return [left, top, Math.hypot(all[0][0] - left, all[0][1] - top)];
  }
  const HEAR = {
    pointerdown(event) {
      if (event.button) return;
      if (!fingers.size) moved = 0;
      fingers.set(event.pointerId, under(event));
      box.setPointerCapture(event.pointerId);
    },
    pointermove(event) {
      if (!fingers.has(event.pointerId)) return point(cellUnder(event));
      const [left, top, apart] = spread();
      fingers.set(event.pointerId, under(event));
      const now = spread();
      moved += Math.hypot(now[0] - left, now[1] - top);
      if (fingers.size > 1) {
        moved += SLIPS;
        zoom(now[2] / (apart || 1), left, top);
      }
      if (moved > SLIPS) move((left - now[0]) / cell, (top - now[1]) / cell);
    },
    pointerup(event) {
      const at = fingers.delete(event.pointerId) && moved <= SLIPS ? cellUnder(event) : -1;
      if (at >= 0) select(at);
    },
    pointercancel: (event) => fingers.delete(event.pointerId),
    pointerleave: () => point(-1),
    dblclick: (event) => zoom(event.shiftKey ? 0.5 : 2, ...under(event)),
    wheel(event) {
      const by = event.deltaY * (event.deltaMode ? 16 : 1) * (event.ctrlKey ? 5 : 1);
      // At its ends the wheel moves the page, as elsewhere.
      if (zoom(Math.exp(-by / 500), ...under(event))) event.preventDefault();
    },
    keydown(event) {
      if (event.ctrlKey || event.altKey || event.metaKey || !KEYS[event.key]) return;
      event.preventDefault();
      KEYS[event.key]();
    },
  };
  const DO = {
    in: () => zoomHere(STEP),
    out: () => zoomHere(1 / STEP),
    whole: () => zoomHere(0),
    left: () => move(-wide() / 2, 0),
    right: () => move(wide() / 2, 0),
    up: () => move(0, -high() / 2),
    down: () => move(0, high() / 2),
  };
  const KEYS = {
    ArrowLeft: () => walk(0, -1),
    ArrowRight: () => walk(0, 1),
    ArrowUp: () => walk(-1, 0),
    ArrowDown: () => walk(1, 0),
    "+": DO.in,
    "=": DO.in,
    "-": DO.out,
    0: DO.whole,
  };

  // What can be lit up: the most frequent labels, each in a colour, one label, or a filter.
  function swatch(colour, wider) {
    const made = element("span", "", "swatch" + wider);
    made.style.background = colour;
    legend.append(made);
  }
  const LIGHTS = {
    labels() {
      light = (at) => {
        const colour = labelOf(at) && COLOURS[map.label[at]];
        return { part: colour ? 1 : 0, colour };
      };
      named.slice(0, COLOURS.length).forEach((label, n) => {
        swatch(COLOURS[n], "");
        legend.append(" " + label + " \u2002");
      });
    },
    label(n) {
      light = (at) => ({ part: map.label[at] === n ? 1 : 0 });
      legend.append(named[n] + ": " + map.label.filter((label) => label === n).length);
    },
    filter(n) {
      const { number, levels, strongest } = map.filters[n];
      const bytes = atob(levels);
      light = (at) => ({ part: bytes.charCodeAt(at) / 255 });
      const link = element("a", map.layer.title + ", filter " + number);
      link.href = map.layer.page.replace("*", number);
      legend.append(link, ", mean of its map: 0 ");
      swatch("linear-gradient(90deg, var(--rule), var(--ink))", " fade");
      legend.append(" " + strongest);
    },
  };
  function lightUp() {
    const [kind, n] = form.elements.light.value.split(" ");
    legend.replaceChildren();
    light = () => null;
    if (kind) LIGHTS[kind](Number(n));
    ask();
  }
  function offer(title, kind, names) {
    const group = element("optgroup");
    group.label = title;
    group.append(...names.map((name, n) => new Option(name, kind + " " + n)));
    if (names.length) form.elements.light.append(group);
  }

  // An address may name an image: #image-12.
  function arrive() {
    const row = Number(location.hash.replace("#image-", "") || -1);
    const at = Object.keys(map.pages).find((place) => map.pages[place] === row);
    if (!at) return;
    cell = Math.max(least(), 64);
    x = y = -Infinity;
    select(Number(at));
  }

  if (named.length > 1) form.elements.light.append(new Option("the most frequent labels", "labels"));
  offer("One label", "label", named);
  offer(
    "A filter of " + map.layer.title,
    "filter",
    map.filters.map((each) => "filter " + each.number)
  );
  Object.keys(HEAR).forEach((name) => box.addEventListener(name, HEAR[name], { passive: false }));
  form.addEventListener("input", lightUp);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) DO[button.value]();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ask);
  window.addEventListener("hashchange", arrive);
  whole.addEventListener("load", ask);
  whole.hidden = true;
  box.append(canvas);
  box.setAttribute("role", "application");
  box.setAttribute("aria-label", document.getElementById("the-map").textContent);
  box.setAttribute("aria-describedby", "keys");
  box.tabIndex = 0;
  form.hidden = chosen.hidden = keys.hidden = false;
  const middle = Math.floor(map.rows / 2) * map.columns + Math.floor(map.columns / 2);
  selected = map.label.findIndex((label, at) => label >= 0 && at >= middle);
  show(selected);
  new ResizeObserver(() => zoom(all ? 0 : 1, 0, 0)).observe(box);
  zoom(0, 0, 0);
  arrive();
})();
