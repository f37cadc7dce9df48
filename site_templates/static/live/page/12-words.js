// Numbers and names as a reader sees them.
const NO_BREAK = "\u00a0";

/** A share 0…1 in per cent: 12.3 %, 0.04 %, more than 99.9 %. */
function percent(share) {
  const value = 100 * share;
  let text;
  if (value === 0 || value === 100) text = String(value);
  else if (value < 0.01) text = "less than 0.01";
  else if (value > 99.9) text = "more than 99.9";
  else text = value < 1 ? value.toPrecision(2) : value.toFixed(1);
  return text + NO_BREAK + "%";
}

/** A value with three significant digits and a true minus sign: 14.2, −0.0731, 1,230. */
function figure(value) {
  return value
    .toLocaleString("en", { minimumSignificantDigits: 3, maximumSignificantDigits: 3 })
    .replace("-", "−");
}

/** "one filter", "12 filters", "no filters". */
function several(count, one, many = one + "s") {
  return `${count === 0 ? "no" : count === 1 ? "one" : count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

function layerNamed(name) {
  return network.layers.find((layer) => layer.name === name);
}

function className(index) {
  return network.classes[index];
}

/** "Layer 3, filter 217". */
function filterName(layer, filter) {
  return `${layerNamed(layer).title}, filter ${filter}`;
}

/** Make an element: name, class, children (text or elements). */
function make(name, className = "", ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}
