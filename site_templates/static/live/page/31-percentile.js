// How an answer compares with what the filter does on the gallery's images.

/** Decode base64 of little-endian u16. */
function shortsOf(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Uint16Array(bytes.buffer);
}

/**
 * What the gallery knows of a layer: addresses, captions, `shares`, u16 [filters, 1 + bins], and
 * `strong` [filters], the value that at most 1 % of its images pass, to the width of a bin; 0 where
 * so few activate the filter.
 */
function known(layer) {
  const table = network.gallery.layers[layer.name];
  if (table.shares) return table;
  const { bins, first } = table;
  table.shares = shortsOf(table.histograms);
  table.strong = Float64Array.from({ length: layer.filters }, (_, filter) => {
    let bin = 0;
    while (bin < bins && table.shares[filter * (bins + 1) + bin] < 0.99 * 65535) bin += 1;
    return bin ? binStart(first + bin) : 0;
  });
  return table;
}

/** The value at which bin `number` begins, the inverse of `binOf`. */
function binStart(number) {
  const { lowest, perOctave } = network.gallery.bins;
  return 2 ** (lowest + number / perOctave);
}
function binOf(value) {
  const { lowest, perOctave } = network.gallery.bins;
  return Math.floor((Math.log2(value) - lowest) * perOctave);
}

/**
 * The share 0…1 of the gallery's images on which the filter's strongest activation was certainly
 * weaker than `value`: whole bins below that of `value` count.
 */
function weakerShare(layer, filter, value) {
  if (value <= 0) return 0;
  const { shares, first, bins } = known(layer);
  const below = Math.max(0, Math.min(binOf(value) - first, bins)); // column 0: images without an answer
  return shares[filter * (bins + 1) + below] / 65535;
}

/** Filters of a layer, the most unusual answer first: [filter, share][]. */
function ranked(layer, maxima) {
  const shares = Float64Array.from(maxima, (value, filter) => weakerShare(layer, filter, value));
  const { strong } = known(layer);
  const excess = maxima.map((value, filter) => value / (strong[filter] || Infinity));
  return Array.from(maxima.keys())
    .sort((a, b) => shares[b] - shares[a] || excess[b] - excess[a])
    .map((filter) => [filter, shares[filter]]);
}
