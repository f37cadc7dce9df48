// Covering: a square of mid-grey over the picture, and what the answer becomes.

const GREY = 128;

/** The picture with a square of mid-grey, `side` pixels long, in the middle at row, column. */
function coveredPicture(picture, row, column, side) {
  const { height, width } = picture;
  const data = picture.data.slice();
  const top = row - Math.floor(side / 2);
  const left = column - Math.floor(side / 2);
  for (let map = 0; map < 3; map++) {
    for (let y = Math.max(0, top); y < Math.min(height, top + side); y++) {
      const line = (map * height + y) * width;
      data.fill(GREY, line + Math.max(0, left), line + Math.max(0, Math.min(width, left + side)));
    }
  }
  return { data, height, width };
}

/** What is asked about: a class by number, a filter {layer, filter}, or else the first answer. */
function coverTarget(live, picture, target) {
  if (target && typeof target === "object") {
    const layer = layerOf(live, target.layer);
    needFilter(layer, target.filter);
    return { layer, filter: target.filter };
  }
  if (target === undefined || target === null) {
    needClasses(live);
    return { number: fiveBest(probabilitiesOf(live, picture))[0][0] };
  }
  needClass(live, target);
  return { number: target };
}

/** The probability of a class with the five best, or the largest activation of a filter. */
function answered(live, picture, { number, layer, filter }) {
  if (layer) {
    const { data, shape } = forward(live, picture, layer.value).value(layer.value);
    const plane = shape[1] * shape[2];
    const map = data.subarray(filter * plane, (filter + 1) * plane);
    return { activation: map.reduce((most, one) => Math.max(most, one), -Infinity) };
  }
  const probabilities = probabilitiesOf(live, picture);
  return { probability: probabilities[number], top: fiveBest(probabilities) };
}

/** A whole number from 1 on, or a sentence that names it. */
function needSize(name, number) {
  if (!Number.isInteger(number) || number < 1) {
    throw new Error(`The ${name} is ${number}; it must be a whole number of pixels from 1 on.`);
  }
}

/** The answer to `cover`. */
function coverOnce(live, picture, { row, column, side, target }) {
  needSize("side of the square", side);
  const wanted = coverTarget(live, picture, target);
  const answer = answered(live, coveredPicture(picture, row, column, side), wanted);
  return { ...answer, grey: [GREY, GREY, GREY] };
}

/** The middles of squares along an edge of `length` pixels, one for each `stride` of them. */
function coverPlaces(length, stride) {
  const middle = Math.floor(stride / 2);
  return Array.from({ length: Math.ceil(length / stride) }, (_, place) =>
    Math.min(length - 1, place * stride + middle),
  );
}

/**
 * The answer to `coverAll`: yields after each square. Where a filter is asked about, what is called
 * probability is its largest activation.
 */
function* coverEverywhere(live, picture, { side, stride, target }) {
  needSize("side of the square", side);
  needSize("step between squares", stride);
  const wanted = coverTarget(live, picture, target);
  const number = (answer) => (wanted.layer ? answer.activation : answer.probability);
  const whole = number(answered(live, picture, wanted));
  yield null;
  const rows = coverPlaces(picture.height, stride);
  const columns = coverPlaces(picture.width, stride);
  const map = new Float32Array(rows.length * columns.length).fill(NaN); // NaN: not yet known
  let lowest = null;
  let done = 0;
  for (const row of rows) {
    for (const column of columns) {
      const covered = coveredPicture(picture, row, column, side);
      const probability = number(answered(live, covered, wanted));
      if (!lowest || probability < lowest.probability) lowest = { row, column, probability };
      map[done++] = probability;
      yield { done, of: map.length, map: map.slice() };
    }
  }
  return { rows: rows.length, columns: columns.length, map, whole, lowest };
}
