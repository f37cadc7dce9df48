// The map of images: moved and zoomed, an image chosen on it, and some images lit up. The pictures
// are tiles of thumbnails at several sizes; generator/studies/map/table.py says what `map` holds.
(() => {
  "use strict";
  const map = window.filterGalleryMap;
  const box = document.getElementById("map");
  if (!map || !box) return;
  const form = document.getElementById("controls");
  const chosen = document.getElementById("chosen");
  const legend = document.getElementById("legend");
  const said = document.getElementById("said");
  const whole = box.querySelector("img");
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  const CLOSEST = 160; // pixels of a cell
  const STEP = 1.6; // of a button or a key
  const REST = 120; // milliseconds that a pointer rests on an image before it is shown
  // They differ in lightness as well as in hue, for eyes that see fewer colours.
  const COLOURS = ["#0b5fb0", "#e39a12", "#2f9e77", "#c26a9b", "#74bde8", "#c84a12"];
  const tiles = new Map();
  const fingers = new Map();
  let cell = 1; // side of a cell, pixels
  let x = 0; // of the left border of what is seen, in cells
  let y = 0;
  let selected = 0;
  let pointed = -1;
  let drawing = 0;
  let resting = 0;
  let moved = 0; // pixels since a finger or button went down
  let light = () => null; // of a cell: how much it is lit, 0 to 1, and perhaps a colour

  const within = (value, low, high) => Math.max(low, Math.min(high, value));
  const least = () => Math.min(box.clientWidth / map.columns, box.clientHeight / map.rows);
  const isThere = (at) => map.label[at] >= 0;
  const rowOf = (at) => Math.floor(at / map.columns);
  const columnOf = (at) => at % map.columns;

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
    const style = getComputedStyle(box);
    canvas.width = Math.round(box.clientWidth * dots);
    canvas.height = Math.round(box.clientHeight * dots);
    const paper = style.getPropertyValue("--paper");
    // From a cell's number to the first pixel of it, so that cells meet without a gap.
    const px = (column) => Math.round((column - x) * cell * dots);
    const py = (row) => Math.round((row - y) * cell * dots);
    const cover = (picture, row, column, rows, columns) =>
      pen.drawImage(
        picture, px(column), py(row), px(column + columns) - px(column), py(row + rows) - py(row)
      );
    const top = within(Math.floor(y), 0, map.rows - 1);
    const left = within(Math.floor(x), 0, map.columns - 1);
    const bottom = within(Math.ceil(y + box.clientHeight / cell), 1, map.rows);
    const right = within(Math.ceil(x + box.clientWidth / cell), 1, map.columns);
    pen.imageSmoothingQuality = "high";
    if (whole.complete && whole.naturalWidth) cover(whole, 0, 0, map.rows, map.columns);
    const side = map.sides.find((each) => each >= cell * dots - 1) || map.sides[map.sides.length - 1];
    if (side > map.sides[0]) {
      const across = map.tile / side;
      for (let row = Math.floor(top / across); row * across < bottom; row += 1) {
        for (let column = Math.floor(left / across); column * across < right; column += 1) {
          const picture = tile(side, row, column);
          if (!picture.complete || !picture.naturalWidth) continue;
          const size = [picture.naturalHeight / side, picture.naturalWidth / side];
          cover(picture, row * across, column * across, size[0], size[1]);
        }
      }
    }
    for (let row = top; row < bottom; row += 1) {
      for (let column = left; column < right; column += 1) {
        const at = row * map.columns + column;
        const lit = isThere(at) ? light(at) : { part: 0, rest: 1 };
        if (!lit) continue;
        const area = [px(column), py(row), px(column + 1) - px(column), py(row + 1) - py(row)];
        pen.globalAlpha = (lit.rest || 0.86) * (1 - lit.part);
        pen.fillStyle = paper;
        pen.fillRect(...area);
        pen.globalAlpha = 1;
        if (lit.colour) frame(area, Math.max(2 * dots, area[2] / 12), lit.colour, 0);
      }
    }
    [[pointed, 1], [selected, 2]].forEach(([at, wide]) => {
      if (at < 0) return;
      const [row, column] = [rowOf(at), columnOf(at)];
      const area = [px(column), py(row), px(column + 1) - px(column), py(row + 1) - py(row)];
      frame(area, wide * dots, "#fff", wide * dots);
      frame(area, wide * dots, "#000", 2 * wide * dots);
    });
  }
  // A frame of some width, inside an area or so much outside of it.
  function frame([left, top, width, height], wide, colour, outside) {
    const by = wide / 2 - outside;
    pen.lineWidth = wide;
    pen.strokeStyle = colour;
    pen.strokeRect(left + by, top + by, width - 2 * by, height - 2 * by);
  }

  // Bring what is seen back onto the map; the whole of it lies in the middle.
  function settle() {
    const wide = box.clientWidth / cell;
    const high = box.clientHeight / cell;
    x = wide >= map.columns ? (map.columns - wide) / 2 : within(x, 0, map.columns - wide);
    y = high >= map.rows ? (map.rows - high) / 2 : within(y, 0, map.rows - high);
    // All of the map leaves a finger that goes up or down to the page.
    box.style.touchAction = cell > least() ? "none" : "pan-y";
    ask();
  }
  // Zoom so that a point of the box stays where it is; say whether anything changed.
  function zoom(factor, left, top) {
    const before = cell;
    cell = within(cell * factor, least(), Math.max(CLOSEST, least()));
    x += left / before - left / cell;
    y += top / before - top / cell;
    settle();
    return cell !== before;
  }
  // As above, around the selected image where that is seen, else around the middle.
  function zoomHere(factor) {
    const left = (columnOf(selected) + 0.5 - x) * cell;
    const top = (rowOf(selected) + 0.5 - y) * cell;
    const seen = left > 0 && top > 0 && left < box.clientWidth && top < box.clientHeight;
    if (seen) zoom(factor, left, top);
    else zoom(factor, box.clientWidth / 2, box.clientHeight / 2);
  }
  function move(columns, rows) {
    x += columns;
    y += rows;
    settle();
  }
  function showAll() {
    cell = least();
    settle();
  }
  const DO = {
    in: () => zoomHere(STEP),
    out: () => zoomHere(1 / STEP),
    whole: showAll,
    left: () => move(-box.clientWidth / cell / 2, 0),
    right: () => move(box.clientWidth / cell / 2, 0),
    up: () => move(0, -box.clientHeight / cell / 2),
    down: () => move(0, box.clientHeight / cell / 2),
  };

  // What is known of an image, beside the map.
  function show(at) {
    const side = map.sides[map.sides.length - 1];
    const across = map.tile / side;
    const [row, column] = [rowOf(at), columnOf(at)];
    const place = [Math.floor(row / across), Math.floor(column / across)];
    const picture = chosen.querySelector(".thumbnail");
    picture.style.backgroundImage = 'url("' + tile(side, place[0], place[1]).src + '")';
    picture.style.backgroundPosition = -(column % across) * side + "px " + -(row % across) * side + "px";
    const label = map.labels[map.label[at]];
    chosen.querySelector("b").textContent = map.captions[at];
    chosen.querySelector("span").textContent = label ? "Label: " + label : "No label";
    const strong = map.strong[at];
    const pairs = [];
    for (let n = 0; n < strong.length; n += 2) pairs.push(pair(strong[n], strong[n + 1]));
    chosen.querySelector(".pairs").replaceChildren(...pairs);
    const link = chosen.querySelector(".way a");
    link.hidden = !(at in map.pages);
    if (!link.hidden) link.href = map.image.replace("*", map.pages[at]);
  }
  function pair(number, part) {
    const made = document.createElement("figure");
    const link = document.createElement("a");
    const words = document.createElement("figcaption");
    const layer = map.layer;
    made.className = "pair";
    link.href = layer.page.replace("*", number);
    [["reconstructions", layer.alt], ["patches", "Patches"]].forEach(([kind, alt]) => {
      const sheet = new Image(layer.side, layer.side);
      sheet.alt = alt;
      sheet.src = layer[kind].replace("*", number);
      link.append(sheet);
    });
    words.textContent = "Filter " + number + ": " + part + " %";
    link.append(words);
    made.append(link);
    return made;
  }
  function select(at) {
    selected = at;
    pointed = -1;
    show(at);
    const [row, column] = [rowOf(at), columnOf(at)];
    const label = map.labels[map.label[at]];
    const named = label && map.captions[at].indexOf(label) < 0 ? ", " + label : "";
    said.textContent =
      map.captions[at] + named + ". Row " + (row + 1) + ", column " + (column + 1) + ".";
    // The image and those around it are seen.
    const wide = box.clientWidth / cell;
    const high = box.clientHeight / cell;
    x = within(x, Math.min(column + 2 - wide, column - 1), Math.max(column - 1, column + 2 - wide));
    y = within(y, Math.min(row + 2 - high, row - 1), Math.max(row - 1, row + 2 - high));
    settle();
  }
  // The next image from the selected one on, over empty cells.
  function step(rows, columns) {
    let row = rowOf(selected);
    let column = columnOf(selected);
    do {
      row += rows;
      column += columns;
      if (row < 0 || column < 0 || row >= map.rows || column >= map.columns) return;
    } while (!isThere(row * map.columns + column));
    select(row * map.columns + column);
  }
  function at(event) {
    const here = canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - here.left) / cell + x);
    const row = Math.floor((event.clientY - here.top) / cell + y);
    const known = row >= 0 && column >= 0 && row < map.rows && column < map.columns;
    return known && isThere(row * map.columns + column) ? row * map.columns + column : -1;
  }

  function point(place) {
    if (place === pointed) return;
    pointed = place;
    clearTimeout(resting);
    resting = setTimeout(() => show(place < 0 ? selected : place), REST);
    ask();
  }
  // Middle of all fingers, and how far they are apart.
  function spread() {
    const all = Array.from(fingers.values());
    const left = all.reduce((sum, one) => sum + one.clientX, 0) / all.length;
    const top = all.reduce((sum, one) => sum + one.clientY, 0) / all.length;
    return { left, top, apart: Math.hypot(all[0].clientX - left, all[0].clientY - top) };
  }
  box.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    if (!fingers.size) moved = 0;
    fingers.set(event.pointerId, event);
    box.setPointerCapture(event.pointerId);
  });
  box.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) {
      if (event.pointerType === "mouse") point(at(event));
      return;
    }
    const before = spread();
    fingers.set(event.pointerId, event);
    const after = spread();
    const here = canvas.getBoundingClientRect();
    moved += Math.hypot(after.left - before.left, after.top - before.top);
    if (fingers.size > 1) {
      moved += 9;
      zoom(after.apart / (before.apart || 1), before.left - here.left, before.top - here.top);
    }
    if (moved > 4) move((before.left - after.left) / cell, (before.top - after.top) / cell);
  });
  function lift(event) {
    const was = fingers.delete(event.pointerId);
    const place = at(event);
    if (was && event.type === "pointerup" && moved <= 4 && place >= 0) select(place);
  }
  box.addEventListener("pointerup", lift);
  box.addEventListener("pointercancel", lift);
  box.addEventListener("pointerleave", () => point(-1));
  box.addEventListener("dblclick", (event) => {
    const here = canvas.getBoundingClientRect();
    zoom(event.shiftKey ? 0.5 : 2, event.clientX - here.left, event.clientY - here.top);
  });
  box.addEventListener(
    "wheel",
    (event) => {
      const here = canvas.getBoundingClientRect();
      const by = event.deltaY * (event.deltaMode ? 16 : 1) * (event.ctrlKey ? 5 : 1);
      const factor = Math.exp(-0.002 * by);
      // At its ends the wheel moves the page, as elsewhere.
      if (zoom(factor, event.clientX - here.left, event.clientY - here.top)) event.preventDefault();
    },
    { passive: false }
  );
  const KEYS = {
    ArrowLeft: () => step(0, -1),
    ArrowRight: () => step(0, 1),
    ArrowUp: () => step(-1, 0),
    ArrowDown: () => step(1, 0),
    "+": DO.in,
    "=": DO.in,
    "-": DO.out,
    0: DO.whole,
  };
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) DO[button.value]();
  });
  form.addEventListener("submit", (event) => event.preventDefault());

  // Lights: the most frequent labels in colours, one label, or a filter.
  function swatch(colour) {
    const made = document.createElement("span");
    made.className = "swatch";
    made.style.background = colour;
    return made;
  }
  const named = map.labels.filter((label) => label).length;
  const LIGHTS = {
    frequent: () => {
      light = (at) => {
        const known = map.label[at] < Math.min(named, COLOURS.length);
        return { part: known ? 1 : 0, colour: known && COLOURS[map.label[at]] };
      };
      COLOURS.slice(0, named).forEach((colour, n) => {
        legend.append(swatch(colour), " " + map.labels[n] + " ");
      });
    },
    label: (n) => {
      light = (at) => ({ part: map.label[at] === n ? 1 : 0 });
      const many = map.label.filter((label) => label === n).length;
      legend.append(map.labels[n] + ": " + many + (many === 1 ? " image" : " images"));
    },
    filter: (n) => {
      const filter = map.filters[n];
      const levels = atob(filter.levels);
      light = (at) => ({ part: levels.charCodeAt(at) / 255 });
      const link = document.createElement("a");
      link.href = map.layer.page.replace("*", filter.number);
      link.textContent = map.layer.title + ", filter " + filter.number;
      const fade = swatch("linear-gradient(90deg, var(--rule), var(--ink))");
      fade.classList.add("fade");
      legend.append(link, " 0 ", fade, " " + filter.strongest + ", the mean of its map");
    },
  };
  form.addEventListener("input", () => {
    const [kind, n] = form.elements.light.value.split(" ");
    legend.replaceChildren();
    light = () => null;
    if (kind) LIGHTS[kind](Number(n));
    ask();
  });
  function options(title, kind, names) {
    const group = document.createElement("optgroup");
    group.label = title;
    names.forEach((name, n) => group.append(new Option(name, kind + " " + n)));
    if (names.length) form.elements.light.append(group);
  }
  if (named > 1) form.elements.light.append(new Option("the most frequent labels", "frequent"));
  options("One label", "label", map.labels.slice(0, named));
  options(
    "A filter of " + map.layer.title,
    "filter",
    map.filters.map((filter) => "filter " + filter.number)
  );

  // An address may name an image: #image-12.
  function arrive() {
    const row = Number((/^#image-(\d+)$/.exec(location.hash) || [])[1]);
    const found = Object.keys(map.pages).find((place) => map.pages[place] === row);
    if (!found) return;
    cell = Math.max(least(), 64);
    x = columnOf(found) + 0.5 - box.clientWidth / cell / 2;
    y = rowOf(found) + 0.5 - box.clientHeight / cell / 2;
    select(Number(found));
  }
  canvas.setAttribute("aria-hidden", "true");
  box.setAttribute("role", "application");
  box.setAttribute("aria-label", whole.alt.split(" on a grid")[0]);
  box.setAttribute("aria-describedby", "keys");
  box.tabIndex = 0;
  whole.hidden = true;
  whole.addEventListener("load", ask);
  box.append(canvas);
  form.hidden = chosen.hidden = false;
  new ResizeObserver(() => {
    cell = Math.max(cell, least());
    settle();
  }).observe(box);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ask);
  window.addEventListener("hashchange", arrive);
  showAll();
  selected = Math.floor(map.rows / 2) * map.columns + Math.floor(map.columns / 2);
  while (!isThere(selected)) selected -= 1;
  show(selected);
  arrive();
})();
