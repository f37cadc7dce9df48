// What lies over the picture: a map as light, a field, the square that covers, a reconstruction.
const SHADE = 0.82; // how dark the picture is where a filter does not answer

/** Draw what the mode lays over the picture, in input pixels, sharp at any size. */
function drawOver() {
  const over = part("overlay");
  const wanted = Math.max(
    canvas.width,
    Math.round(over.clientWidth * Math.min(2, devicePixelRatio || 1)),
  );
  over.width = wanted;
  over.height = Math.round((wanted * canvas.height) / canvas.width);
  const context = over.getContext("2d");
  context.scale(wanted / canvas.width, wanted / canvas.width);
  if (hasPicture && modes[mode].over) modes[mode].over(context);
}

/** A canvas [h, w] whose opacity is `values` [h·w], 0…255. */
function veil(values, height, width) {
  const made = document.createElement("canvas");
  made.width = width;
  made.height = height;
  const picture = new ImageData(width, height);
  for (let at = 0; at < values.length; at += 1) picture.data[4 * at + 3] = values[at];
  made.getContext("2d").putImageData(picture, 0, 0);
  return made;
}

/** Darken the picture except where `values` say so; a cell is `step` pixels and begins at `left`, `top`. */
function lightUp(context, values, height, width, left, top, stepX, stepY) {
  const shade = document.createElement("canvas");
  shade.width = canvas.width;
  shade.height = canvas.height;
  const dark = shade.getContext("2d");
  dark.fillRect(0, 0, shade.width, shade.height);
  dark.globalCompositeOperation = "destination-out";
  dark.imageSmoothingEnabled = false; // a unit is a square, no more was computed
  dark.drawImage(veil(values, height, width), left, top, width * stepX, height * stepY);
  context.globalAlpha = SHADE;
  context.drawImage(shade, 0, 0);
  context.globalAlpha = 1;
}

/** Light a filter's map: each unit stands around the middle of its field. */
function lightMap(context, layer, answer, filter) {
  const [, height, width] = answer.shape;
  const values = answer.maps.subarray(filter * height * width, (filter + 1) * height * width);
  const start = layer.offset + (layer.field - layer.stride) / 2;
  lightUp(context, values, height, width, start, start, layer.stride, layer.stride);
}

/** Outline a square in white on black, as the gallery's whole images have it. */
function outline(context, left, top, width, height) {
  const line = canvas.width / 224;
  [
    ["#000", 3.5],
    ["#fff", 1.5],
  ].forEach(([colour, weight]) => {
    context.strokeStyle = colour;
    context.lineWidth = weight * line;
    const inset = 2 * line; // fields that reach outside are outlined along the picture's edge
    const x = Math.max(left, inset);
    const y = Math.max(top, inset);
    context.strokeRect(
      x,
      y,
      Math.min(left + width, canvas.width - inset) - x,
      Math.min(top + height, canvas.height - inset) - y,
    );
  });
}

/** Outline the field of a unit. */
function outlineField(context, layer, row, column) {
  outline(
    context,
    layer.offset + column * layer.stride,
    layer.offset + row * layer.stride,
    layer.field,
    layer.field,
  );
}
