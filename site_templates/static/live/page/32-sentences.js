// What a layer answers to the picture, in sentences.

/** "more strongly than on 99 % of the gallery's images" */
function weakerWords(share) {
  if (share === 0) return "no more strongly than on the weakest of the gallery’s images";
  if (share === 1) return "more strongly than on any of the gallery’s images";
  const rounded = share > 0.99 ? Math.floor(share * 1000) / 10 : Math.floor(share * 100);
  return rounded
    ? `more strongly than on ${rounded}${NO_BREAK}% of the gallery’s images`
    : "more strongly than on under 1\u00a0% of the gallery’s images";
}

/** How many filters of a layer answer, how many of them unusually, and which one most so. */
function lookWords({ title, filters }, maxima, ranks) {
  const silent = maxima.filter((value) => value <= 0).length;
  const rare = ranks.filter(([, share]) => share >= 0.99).length;
  const [first, share] = ranks[0];
  if (filters === 1)
    return `${title}: its one filter ${silent ? "stays silent" : `answers ${weakerWords(share)}`}.`;
  if (silent === filters) return `${title}: all ${filters} filters stay silent.`;
  const answering = silent
    ? `${silent} of ${filters} filters ${silent === 1 ? "stays" : "stay"} silent`
    : `all ${filters} filters answer`;
  const sentence =
    `${title}: ${answering}, ${rare || "none"} ${rare > 1 ? "answer" : "answers"} more strongly ` +
    `than on 99${NO_BREAK}% of the gallery’s images.`;
  return share ? `${sentence} Most unusual: filter ${first}, ${weakerWords(share)}.` : sentence;
}
