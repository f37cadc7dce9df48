// The finder: narrows the index of labels, and opens "layer3/217" directly.
(function () {
  "use strict";
  var form = document.getElementById("finder");
  var field = form.elements.find;
  var said = form.querySelector("output");
  var sizes = {};
  form.dataset.layers.split(" ").forEach(function (item) {
    var at = item.lastIndexOf(":");
    sizes[item.slice(0, at)] = Number(item.slice(at + 1));
  });
  var rows = Array.prototype.map.call(document.querySelectorAll("#index > div"), function (node) {
    return { node: node, text: node.textContent.toLowerCase() };
  });

  function address() {
    var parts = /^\s*(\S+?)\s*[/ ]\s*(\d+)\s*$/.exec(field.value);
    if (!parts) return "";
    var name = parts[1] in sizes ? parts[1] : "layer" + parts[1];
    return Number(parts[2]) < sizes[name] ? name + "/" + Number(parts[2]) + ".html" : "";
  }

  form.hidden = false;
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    if (address()) location.href = address();
  });
  field.addEventListener("input", function () {
    var wanted = field.value.trim().toLowerCase();
    var shown = 0;
    rows.forEach(function (row) {
      var matches = row.text.indexOf(wanted) >= 0;
      row.node.hidden = !matches;
      shown += matches;
    });
    var there = address() ? "Press Enter to open filter " + field.value.trim() + "." : "";
    said.textContent = wanted ? there || shown + (shown === 1 ? " label" : " labels") : "";
  });
})();
