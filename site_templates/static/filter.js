// One filter: pictures open large in a dialog, and a button copies the page's address.
(function () {
  "use strict";
  var button = document.getElementById("copy-link");
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", function () {
    navigator.clipboard.writeText(location.href).then(
      function () {
        button.textContent = "Copied";
      },
      function () {
        button.textContent = location.href;
      }
    );
  });

  // Reconstructions with random weights in the place of the others, and back.
  var weights = document.getElementById("weights");
  function show() {
    var random = weights.elements.weights.value === "random";
    document.querySelectorAll(".places li > a:first-child").forEach(function (link) {
      var tile = link.firstElementChild;
      var kept = link.dataset;
      kept.href = kept.href || link.getAttribute("href");
      kept.words = kept.words || tile.getAttribute("aria-label");
      var href = random ? weights.dataset.sheet : kept.href;
      link.setAttribute("href", href);
      tile.firstElementChild.setAttribute("href", href);
      tile.setAttribute("aria-label", kept.words + (random ? ", with random weights" : ""));
    });
  }
  if (weights) {
    weights.hidden = false;
    weights.addEventListener("change", show);
    show(); // a browser may remember what was chosen
  }

  var dialog = document.createElement("dialog");
  if (!dialog.showModal) return; // the links then lead to the sheets
  var words = document.createElement("p");
  var close = document.createElement("button");
  dialog.className = "large";
  close.type = "button";
  close.textContent = "Close";
  close.addEventListener("click", function () {
    dialog.close();
  });
  dialog.addEventListener("click", function (event) {
    if (event.target === dialog) dialog.close(); // outside the picture
  });

  function open(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    var picture = event.currentTarget.firstElementChild.cloneNode(true);
    words.textContent = picture.getAttribute("aria-label");
    dialog.setAttribute("aria-label", words.textContent);
    dialog.replaceChildren(picture, words, close);
    if (!dialog.isConnected) document.body.appendChild(dialog);
    dialog.showModal();
    close.focus();
  }
  document.querySelectorAll(".enlarge").forEach(function (link) {
    link.addEventListener("click", open);
  });
})();
