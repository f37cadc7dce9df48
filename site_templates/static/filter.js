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
