// Fool: the smallest change that turns the answer, beside random noise of the same size.
const SEED = 1; // of the noise

function foolFields() {
  const chosen = part("fool-class").value;
  const steps = Number(root.querySelector("[name=fool]:checked").value);
  return { target: chosen === "" ? null : Number(chosen), steps, seed: SEED };
}

async function fool() {
  const fields = { ...foolFields(), budget: Number(part("fool-budget").value) };
  const answer = await runTask(part("fool-start"), "fool", fields);
  if (!answer) return;
  const [rows, columns] = network.input;
  drawBytes(part("fool-picture"), answer.pixels, rows, columns);
  drawBytes(part("fool-change"), answer.change, rows, columns);
  drawBytes(part("fool-noise"), answer.noisePixels, rows, columns);
  part("fool-save").disabled = false;
  const first = answer.before[0][0];
  const lines = [
    ["yours", answer.before],
    ["changed", answer.after],
    ["noise", answer.noise],
  ];
  part("fool-answers").replaceChildren(
    ...lines.map(([name, top]) => {
      const own =
        name === "yours" ? top[0][1] : answer.probability[name === "changed" ? "after" : "noise"];
      const head = make("th", "", name);
      head.scope = "row";
      return make(
        "tr",
        "",
        head,
        make("td", "", className(top[0][0])),
        make("td", "", percent(top[0][1])),
        make("td", "", percent(own)),
      );
    }),
  );
  part("fool-own").textContent = `“${className(first)}”`;
  what(foolWords(answer, fields.target));
}

/** What an attack did; the target is a class, or null where any other will do. */
function foolWords({ before, after, noise, shown, budget }, target) {
  const [[first, was], [now, probability]] = [before[0], after[0]];
  const sentences = [
    now === first
      ? `Still “${className(first)}”, ${percent(probability)} after ${percent(was)}.`
      : `“${className(first)}”, ${percent(was)}, became “${className(now)}”, ${percent(probability)}.`,
    `No value of a pixel changed by more than ${budget} of 255.`,
  ];
  if (target !== null && now !== target)
    sentences.push(`It is not yet “${className(target)}”: try more steps, or a larger change.`);
  else if (now === first) sentences.push("Try a larger change.");
  if (now !== first)
    sentences.push(
      noise[0][0] === first
        ? "Random noise of the same size does not turn it."
        : "Random noise of the same size turns it as well.",
    );
  if (shown[0][0] !== now)
    sentences.push(
      `Rounded to whole levels, as it is drawn and saved here, it is “${className(shown[0][0])}”.`,
    );
  return sentences.join(" ");
}

const SVG = "http://www.w3.org/2000/svg";
function draw(name, attributes, words = "") {
  const made = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, String(value)));
  made.textContent = words;
  return made;
}

/** The probability of the first answer against the size of the change. */
function curveChart({ budgets, step, noise }, name) {
  const [wide, high, left, bottom] = [360, 190, 44, 34];
  const most = budgets[budgets.length - 1] || 1;
  const x = (budget) => left + Math.sqrt(budget / most) * (wide - left - 12);
  const y = (share) => 12 + (1 - share) * (high - bottom - 12);
  const chart = draw("svg", {
    viewBox: `0 0 ${wide} ${high}`,
    role: "img",
    width: wide,
    height: high,
  });
  const words = budgets.map(
    (budget, at) => `${budget}: ${percent(step[at])}, noise ${percent(noise[at])}`,
  );
  chart.setAttribute(
    "aria-label",
    `Probability of ${name} by the size of the change. ${words.join("; ")}`,
  );
  [0, 0.5, 1].forEach((share) => {
    chart.append(
      draw("line", { x1: left, x2: wide - 12, y1: y(share), y2: y(share), class: "grid" }),
    );
    chart.append(
      draw("text", { x: left - 6, y: y(share) + 4, class: "end" }, `${100 * share}${NO_BREAK}%`),
    );
  });
  budgets.forEach((budget) =>
    chart.append(
      draw("text", { x: x(budget), y: high - bottom + 16, class: "middle" }, String(budget)),
    ),
  );
  chart.append(
    draw(
      "text",
      { x: (left + wide) / 2, y: high - 3, class: "middle" },
      "largest change of a value, of 255",
    ),
  );
  [
    [noise, "noise"],
    [step, "step"],
  ].forEach(([shares, kind]) => {
    chart.append(
      draw("polyline", {
        points: shares.map((share, at) => `${x(budgets[at])},${y(share)}`).join(" "),
        class: kind,
      }),
    );
    shares.forEach((share, at) =>
      chart.append(draw("circle", { cx: x(budgets[at]), cy: y(share), r: 3, class: kind })),
    );
  });
  return chart;
}

async function foolCurve() {
  let name = "";
  const figureOf = part("curve");
  const show = (curve) => {
    const old = figureOf.querySelector("svg");
    if (old) old.remove();
    name = `“${className(curve.first)}”`;
    figureOf.prepend(curveChart(curve, name));
    figureOf.hidden = false;
  };
  const answer = await runTask(part("fool-curve"), "foolCurve", foolFields(), (progress) => {
    showProgress(progress.done, progress.of);
    show(progress);
  });
  if (!answer) return;
  show(answer);
  const reached = foolFields().target === null ? "turns the answer" : "reaches that class";
  part("curve-words").textContent =
    `Filled: the computed change. Hollow: random noise of the same size. Probability of ${name}.`;
  what(
    answer.smallest === null
      ? `No change of up to ${Math.max(...answer.budgets)} of 255 ${reached}. The curve shows the probability of ${name}.`
      : `The smallest change found that ${reached}: ${answer.smallest} of 255, tried to a quarter. The curve shows the probability of ${name}.`,
  );
}

modes.fool = {
  still: true,
  async refresh() {
    drawCopy(part("fool-picture"));
    part("fool-save").disabled = true;
    part("curve").hidden = true;
    part("fool-answers").replaceChildren();
    ["fool-change", "fool-noise"].forEach((name) => {
      part(name).width = canvas.width; // clears it
    });
    part("fool-start").disabled = part("fool-curve").disabled = !hasOutput;
    if (headIsHere()) await fool();
  },
};

function listenToFool() {
  const words = () => {
    part("fool-budget-words").textContent = `${part("fool-budget").value} of 255`;
  };
  words();
  part("fool-budget").addEventListener("input", words);
  root
    .querySelectorAll("#live-fool-budget, #live-fool-class, [name=fool]")
    .forEach((field) => field.addEventListener("change", () => fool().catch(failed)));
  part("fool-start").addEventListener("click", () => fool().catch(failed));
  part("fool-curve").addEventListener("click", () => foolCurve().catch(failed));
  part("fool-save").addEventListener("click", () => save(part("fool-picture"), "changed.png"));
}
