// The cards of a layer's page: which pictures show, in what order, and which match. The state stands
// in the address, so that a view can be sent to someone; other pages of the layer take it over.
(function () {
  "use strict";
  var form = document.getElementById("controls");
  var list = document.getElementById("cards");
  var said = form.querySelector("output");
  var tables = window.filterGalleryCards; // see generator/render/views/layer/cards.py
  if (!tables) return; // the cards then stand as without scripts
  var pages = document.querySelectorAll(".pages a");
  var elsewhere = document.getElementById("elsewhere"); // where a layer has several pages
  var cards = Array.prototype.map.call(list.children, function (node, at) {
    var words = tables.words[at];
    var named = tables.named[at].map(function (label) {
      return tables.labels[label];
    });
    var measured = words ? "; measured: " + words : "";
    var first = node.firstElementChild;
    first.alt += measured;
    return {
      node: node,
      first: first,
      text: plain([node.textContent, words].concat(named).join(" ")),
      at: at, // in the tables
      measured: measured,
      src: first.getAttribute("src"),
      alt: first.alt,
    };
  });
  var order = "number";

  // A minus may be typed as a hyphen.
  function plain(text) {
    return text.toLowerCase().replace(/\u2212/g, "-");
  }
  function sorted() {
    var ranks = tables.orders[order] || "";
    var width = ranks.length / cards.length;
    function rank(card) {
      return ranks.slice(card.at * width, (card.at + 1) * width);
    }
    return cards.slice().sort(function (a, b) {
      var one = rank(a);
      var other = rank(b);
      return one < other ? -1 : one > other ? 1 : a.at - b.at;
    });
  }

  function apply() {
    var wanted = plain(form.elements.find.value.trim());
    put(form.querySelector("[name=show]:checked"));
    if (form.elements.order.value !== order) {
      order = form.elements.order.value;
      sorted().forEach(function (card) {
        list.appendChild(card.node);
      });
    }
    var shown = 0;
    cards.forEach(function (card) {
      var matches = /^\d+$/.test(wanted)
        ? card.node.id === wanted
        : card.text.indexOf(wanted) >= 0;
      card.node.hidden = !matches;
      shown += matches;
    });
    var found = shown + (shown === 1 ? " filter" : " filters") + (elsewhere ? " on this page" : "");
    said.textContent = wanted ? found : "";
    lead(chosen());
  }

  // A study may have a picture for each filter, which then takes the place of both sheets.
  function put(choice) {
    var start = choice.dataset.start;
    list.className = "cards " + (start ? "reconstructions" : choice.value);
    cards.forEach(function (card) {
      var src = start ? start + card.node.id + ".webp" : card.src;
      if (card.first.getAttribute("src") === src) return;
      card.first.src = src;
      card.first.alt = start ? choice.dataset.alt + card.measured : card.alt;
    });
  }

  // The links to other pages take along what was chosen, that to the finder what was asked.
  function lead(query) {
    pages.forEach(function (link) {
      link.href = link.href.split("?")[0] + query;
    });
    if (!elsewhere) return;
    var asked = elsewhere.dataset.ask + " " + form.elements.find.value;
    var find = new URLSearchParams({ find: asked.trim() });
    elsewhere.href = elsewhere.href.split("?")[0] + "?" + find;
  }

  function chosen() {
    var state = new URLSearchParams();
    var both = { show: "both", order: "number", find: "" };
    Object.keys(both).forEach(function (name) {
      var value = form.elements[name].value;
      if (value !== both[name]) state.set(name, value);
    });
    var query = state.toString();
    return query ? "?" + query : "";
  }

  function remember() {
    try {
      history.replaceState(null, "", (chosen() || location.pathname) + location.hash);
    } catch (error) {
      // a page opened from a folder may not change its address
    }
  }

  function choose(name, value) {
    var known = Array.prototype.some.call(form.querySelectorAll("option, [name=show]"), function (o) {
      return o.value === value;
    });
    if (name === "find" || known) form.elements[name].value = value;
  }

  new URLSearchParams(location.search).forEach(function (value, name) {
    if (/^(show|order|find)$/.test(name)) choose(name, value);
  });
  form.hidden = false;
  form.addEventListener("submit", function (event) {
    event.preventDefault();
  });
  form.addEventListener("input", function () {
    apply();
    remember();
  });
  apply();
  var target = location.hash && document.getElementById(location.hash.slice(1));
  if (target) target.scrollIntoView();
})();
