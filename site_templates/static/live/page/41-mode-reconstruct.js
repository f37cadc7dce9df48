// Reconstruct: one unit goes down to the pixels, by the same rule as in the gallery.
const SHOWN_PERCENTILE = 0.99; // of the field's pixels, as the gallery's reconstructions have it
let reconstruction = null; // canvas

/**
 * The 99th percentile, over the field's pixels, of the largest absolute channel value. A field larger
 * than the input stands for the square around that.
 */
function shownScale(pixels, rows, columns, box) {
  const side = Math.max(rows, columns);
  const [top, left, bottom, right] = box[2] - box[0] > side ? [0, 0, side, side] : box;
  const largest = new Float32Array((bottom - top) * (right - left)); // zero outside the image
  const plane = rows * columns;
  let to = 0;
  for (let row = top; row < bottom; row += 1) {
    for (let column = left; column < right; column += 1, to += 1) {
      if (row < 0 || column < 0 || row >= rows || column >= columns) continue;
      const at = row * columns + column;
      largest[to] = Math.max(
        Math.abs(pixels[at]),
        Math.abs(pixels[at + plane]),
        Math.abs(pixels[at + 2 * plane]),
      );
    }
  }
  largest.sort();
  const rank = SHOWN_PERCENTILE * (largest.length - 1);
  const low = largest[Math.floor(rank)];
  const scale = low + (largest[Math.ceil(rank)] - low) * (rank % 1);
  return scale || largest[largest.length - 1];
}

/** A signed signal [3, h, w] as a picture: zero is mid-grey, ±scale white and black. */
function signedPicture(pixels, rows, columns, scale) {
  const picture = new ImageData(columns, rows);
  const plane = rows * columns;
  for (let at = 0; at < plane; at += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      picture.data[4 * at + channel] = scale
        ? (pixels[channel * plane + at] / scale) * 127.5 + 127.5
        : 128;
    }
    picture.data[4 * at + 3] = 255;
  }
  return picture;
}

async function reconstruct() {
  const { layer, filter, row, column } = pinned;
  const rule = part("rule").value;
  const answer = await ask("reconstruct", { layer: layer.name, filter, row, column, rule });
  if (!answer || pinned.filter !== filter || mode !== "reconstruct") return;
  const [rows, columns] = network.input;
  const scale = shownScale(answer.pixels, rows, columns, answer.box);
  reconstruction = part("reconstruction");
  reconstruction.width = columns;
  reconstruction.height = rows;
  const context = reconstruction.getContext("2d");
  context.putImageData(signedPicture(answer.pixels, rows, columns, scale), 0, 0);
  outlineField(context, layer, row, column);
  const unit = `${filterName(layer.name, filter)}, row ${row}, column ${column}`;
  part("unit").textContent =
    `Row ${row}, column ${column}: activation ${figure(answer.activation)}.`;
  drawOver();
  if (moving()) return;
  what(
    answer.activation > 0
      ? `${unit}: what of the picture activates this unit, brought down to the pixels. Its field is outlined; its activation is ${figure(answer.activation)}.`
      : `${unit}: it does not answer, so there is nothing to bring down. Choose a brighter spot.`,
  );
}

modes.reconstruct = {
  async refresh() {
    const looked = await lookAtLayer();
    if (!looked) return;
    if (pinned.layer !== looked.layer)
      pin(looked.layer, ranked(looked.layer, looked.answer.maxima)[0][0]);
    await reconstruct();
  },
  over(context) {
    if (pinned.layer !== grid.layer || !grid.answer) return;
    if (grid.at >= 0 && grid.order[grid.at] !== pinned.filter) {
      lightMap(context, grid.layer, grid.answer, grid.order[grid.at]);
      return;
    }
    if (part("over").checked && reconstruction) context.drawImage(reconstruction, 0, 0);
    outlineField(context, pinned.layer, pinned.row, pinned.column);
  },
};
part("over").addEventListener("change", drawOver);
part("rule").addEventListener("change", () => begin());
