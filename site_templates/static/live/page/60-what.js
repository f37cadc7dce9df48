// The line that says in words what is seen. It says no more than was computed.
const SPOKEN = 4000; // milliseconds between sentences while the camera runs, for those who listen
let spokenAt = 0;
let spokenOf = ""; // mode and layer

/** Say and list at once what another view shows, even while the camera runs. */
function speakAnew(view) {
  if (view !== spokenOf) spokenAt = listedAt = -Infinity;
  spokenOf = view;
}

function what(words) {
  if (moving() && performance.now() - spokenAt < SPOKEN) return;
  spokenAt = performance.now();
  if (part("what").textContent !== words) part("what").textContent = words;
}

/** Something went wrong: its sentence stands beside the picture. */
function failed(error) {
  tell(error.message);
  if (error.constructor !== Error) throw error; // a fault of ours belongs into the console as well
}
