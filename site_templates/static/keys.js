// Letter keys for what the page also offers as links, with a switch in the footer.
(function () {
  "use strict";
  var name = "filter-gallery-letter-keys";
  var box = document.getElementById("letter-keys");
  function remembered() {
    try {
      return localStorage.getItem(name) !== "off";
    } catch (error) {
      return true; // storage may be closed to pages opened from a folder
    }
  }
  box.checked = remembered();
  box.closest("p").hidden = false;
  box.addEventListener("change", function () {
    try {
      localStorage.setItem(name, box.checked ? "on" : "off");
    } catch (error) {
      // the switch then holds for this page alone
    }
  });
  document.addEventListener("keydown", function (event) {
    var field = event.target.closest && event.target.closest("input, select, textarea");
    if (!box.checked || field || event.ctrlKey || event.altKey || event.metaKey) return;
    if (document.querySelector("dialog[open]") || !/^[a-z/?]$/.test(event.key)) return;
    if (event.key === "?") return box.focus();
    var find = event.key === "/" && document.querySelector("form:not([hidden]) input[type=search]");
    var link = document.querySelector('[data-key="' + event.key + '"]');
    if (!find && !link) return;
    event.preventDefault();
    if (find) find.focus();
    else link.click();
  });
})();
