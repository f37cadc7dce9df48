// The finder: searches all filters by labels and captions of their patches, by what is said of the
// filters themselves, by layer and number. What it searches: generator/render/views/search_index.py.
(function () {
  "use strict";
  var AT_ONCE = 60;
  var MOST_WORDS = 30; // one bit of an integer each
  var form = document.getElementById("finder");
  var found = document.getElementById("found");
  var index = document.getElementById("index");
  var tables = window.filterGallerySearch;
  if (!tables) return; // the index of labels then stands alone
  var field = form.elements.find;
  var said = form.querySelector("output");
  var list = found.querySelector("ul");
  var more = found.querySelector("button");
  var results = [];
  var query;

  // Text in one form: capitals without accents; parts are words, directions such as "−45°", and the
  // signs of "#217" and "3/217". A minus may be typed as a hyphen.
  function parts(text) {
    var plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toUpperCase();
    plain = plain.replace(/(^|\s)-(?=[0-9])/g, "$1\u2212");
    return plain.match(/\u2212?[0-9]+°|\u2212[0-9]+|[\p{L}\p{N}]+|[#/]/gu) || [];
  }
  function isNumber(part) {
    return /^[0-9]+$/.test(part);
  }
  function spoken(text) {
    return " " + parts(text).filter(function (part) {
      return part !== "#" && part !== "/";
    }).join(" ");
  }

  var labels = tables.labels.map(spoken);
  var captions = tables.captions.map(spoken);
  var filters = [];
  tables.layers.forEach(function (layer, depth) {
    var short = /[0-9]+$/.exec(layer.name);
    layer.names = [parts(layer.title), parts(layer.name)].filter(function (name) {
      return name.length;
    });
    if (short) layer.names.push([short[0], "/"]);
    layer.filters.forEach(function (texts, number) {
      var words = layer.words[number] || "";
      var common = counted(texts)[0];
      filters.push({
        layer: layer,
        depth: depth,
        number: number,
        texts: texts,
        words: words,
        spoken: spoken(words.replace(/[0-9]+(?![0-9°])/g, " ")), // a number asks for a filter
        agreement: common ? common.count : 0,
      });
    });
  });

  function labelOf(text) {
    return text < labels.length ? text : tables.of[text - labels.length];
  }
  // The labels of texts with how often each stands, most frequent first; "" is none.
  function counted(texts) {
    var counts = new Map();
    texts.map(labelOf).forEach(function (label) {
      if (tables.labels[label]) counts.set(label, (counts.get(label) || 0) + 1);
    });
    return Array.from(counts, function (entry) {
      return { label: tables.labels[entry[0]], count: entry[1] };
    }).sort(function (a, b) {
      return b.count - a.count;
    });
  }

  // "layer 3 wheel #217" → the layers named, the number, and the other words.
  function read(text) {
    var from = parts(text);
    var asked = { layers: [], number: -1, words: [] };
    for (var at = 0; at < from.length; at += 1) {
      var length = layersAt(from, at, asked.layers);
      if (length) {
        at += length - 1;
      } else if (isNumber(from[at]) && /^(#|\/|FILTER)$/.test(from[at - 1])) {
        asked.number = Number(from[at]);
        if (from[at - 1] === "FILTER") asked.words.pop();
      } else if (!/[#/]/.test(from[at])) {
        asked.words.push(from[at]);
      }
    }
    asked.words = asked.words.slice(0, MOST_WORDS);
    return asked;
  }
  // Add the layers whose name stands at a place, the longest name; return its number of parts.
  function layersAt(from, at, named) {
    var longest = 0;
    var layers = [];
    tables.layers.forEach(function (layer) {
      layer.names.forEach(function (name) {
        var stands = name.every(function (part, n) {
          return from[at + n] === part;
        });
        if (!stands || name.length < longest) return;
        if (name.length > longest) layers = [];
        longest = name.length;
        layers.push(layer);
      });
    });
    Array.prototype.push.apply(named, layers);
    return longest;
  }

  // The words of a question that stand in a text, a word's beginning being enough: one bit each.
  function bits(text) {
    return query.words.reduce(function (all, word, bit) {
      return text.indexOf(" " + word) >= 0 ? all | (1 << bit) : all;
    }, 0);
  }
  function search() {
    var all = (1 << query.words.length) - 1;
    var inLabel = labels.map(bits);
    var inText = inLabel.concat(
      captions.map(function (caption, n) {
        return bits(caption) | inLabel[tables.of[n]];
      })
    );
    results = [];
    filters.forEach(function (filter) {
      if (query.layers.length && query.layers.indexOf(filter.layer) < 0) return;
      if (query.number >= 0 && query.number !== filter.number) return;
      // What is said of a filter holds for each of its patches.
      var own = query.words.reduce(function (some, word, bit) {
        return isNumber(word) && Number(word) === filter.number ? some | (1 << bit) : some;
      }, 0);
      var numbered = own === all && (all > 0 || query.number >= 0);
      own |= bits(filter.spoken);
      var hits = filter.texts.filter(function (text) {
        return (own | inText[text]) === all;
      });
      if (own !== all && !hits.length) return;
      var byLabel = hits.length > 0 && (own | inLabel[labelOf(hits[0])]) === all;
      var plain = numbered || !all;
      results.push({
        filter: filter,
        numbered: numbered ? 1 : 0, // these first, layer by layer
        hits: numbered ? 0 : hits.length,
        agreement: numbered ? 0 : filter.agreement,
        why: plain ? common(filter) : own === all ? filter.words : because(filter, hits, byLabel),
      });
    });
    results.sort(function (a, b) {
      var one = a.filter;
      var other = b.filter;
      return (
        b.numbered - a.numbered ||
        b.hits - a.hits ||
        b.agreement - a.agreement ||
        one.depth - other.depth ||
        one.number - other.number
      );
    });
  }

  function of(count, filter) {
    var places = filter.texts.length;
    return ": " + count + " of " + places + (places === 1 ? " patch" : " patches");
  }
  function common(filter) {
    var first = counted(filter.texts)[0];
    if (first) return first.label + of(first.count, filter);
    return filter.texts.length ? "" : "No patches";
  }
  function because(filter, hits, byLabel) {
    var names = counted(hits).map(function (item) {
      return item.label;
    });
    if (names.length > 3) names = names.slice(0, 3).concat("…");
    var caption = tables.captions[hits[0] - labels.length];
    return (byLabel ? names.join(", ") : "“" + caption + "”") + of(hits.length, filter);
  }

  function element(name, className, text) {
    var made = document.createElement(name);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }
  function picture(filter, kind, alt) {
    var made = element("img", filter.layer.pixelated ? "pixelated" : "");
    made.loading = "lazy"; // before the address, or it would be fetched at once
    made.width = made.height = filter.layer.side;
    made.alt = alt;
    made.src = filter.layer[kind].replace("*", filter.number);
    return made;
  }
  function item(result) {
    var filter = result.filter;
    var filled = filter.texts.length > 0;
    var names = counted(filter.texts).map(function (entry) {
      return entry.label + " " + entry.count;
    });
    var patches = "Patches" + (names.length ? ": " + names.join(", ") : "");
    var link = element("a");
    link.href = filter.layer.page.replace("*", filter.number);
    link.append(
      element("span", "", filter.layer.title + ", filter " + filter.number),
      picture(
        filter,
        "reconstructions",
        (filled ? filter.layer.alt : "Empty") + (filter.words && "; measured: " + filter.words)
      ),
      picture(filter, "patches", filled ? patches : "No patches")
    );
    var made = element("li");
    made.append(link, element("p", "small", result.why));
    return made;
  }

  function showMore() {
    var shown = list.children.length;
    results.slice(shown, shown + AT_ONCE).forEach(function (result) {
      list.appendChild(item(result));
    });
    var left = results.length - list.children.length;
    more.hidden = left <= 0;
    var count = results.length.toLocaleString("en") + (results.length === 1 ? " filter" : " filters");
    said.textContent = left > 0 ? count + ", the first " + list.children.length + " shown" : count;
  }
  // "lotus la" may become "lotus layer 3": the beginning of a layer's name need not be a word.
  function unfinished() {
    var last = query.words[query.words.length - 1];
    return tables.layers.some(function (layer) {
      return layer.names.some(function (name) {
        return last && !isNumber(last) && name[0].indexOf(last) === 0;
      });
    });
  }
  function apply() {
    query = read(field.value);
    search();
    if (!results.length && unfinished()) {
      query.words.pop();
      search();
    }
    var asked = query.words.length > 0 || query.layers.length > 0 || query.number >= 0;
    if (!asked) results = [];
    found.hidden = !asked;
    index.hidden = asked;
    list.replaceChildren();
    showMore();
    if (!asked) said.textContent = "";
    else if (!results.length) said.textContent = "No filter found. Try fewer words.";
    else if (results.length === 1) said.textContent = "1 filter. Press Enter to open it.";
  }
  function remember() {
    var state = new URLSearchParams();
    if (field.value.trim()) state.set("find", field.value.trim());
    var asked = state.toString();
    try {
      history.replaceState(null, "", (asked ? "?" + asked : location.pathname) + location.hash);
    } catch (error) {
      // a page opened from a folder may not change its address
    }
  }

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    if (results.length === 1) list.querySelector("a").click();
  });
  form.addEventListener("input", function () {
    apply();
    remember();
  });
  more.addEventListener("click", function () {
    var first = list.children.length;
    showMore();
    list.children[first].firstElementChild.focus();
  });
  field.value = new URLSearchParams(location.search).get("find") || "";
  form.hidden = false;
  if (field.value) apply();
})();
