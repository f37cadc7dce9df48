// The camera, on request only. One frame is on its way through the network at a time.
let stream = null;
let paused = false;
let facing = "user";
const video = document.createElement("video");
video.muted = true;
video.playsInline = true;
const REFUSED = {
  NotAllowedError:
    "The camera was refused. Allow it in the browser’s settings for this page, or choose a picture instead.",
  NotFoundError: "No camera was found. Choose a picture instead.",
  NotReadableError: "Another program has the camera. Close that, or choose a picture instead.",
};

async function startCamera() {
  if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) {
    tell("This browser gives no camera to this page. Choose a picture instead.");
    return;
  }
  const mine = (pictureTurn += 1);
  let given;
  try {
    given = await navigator.mediaDevices.getUserMedia({ video: { facingMode: facing } });
    if (document.hidden) throw new DOMException("", "AbortError");
    video.srcObject = given;
    await video.play();
  } catch (error) {
    if (given) given.getTracks().forEach((track) => track.stop());
    if (mine === pictureTurn)
      tell(REFUSED[error.name] || "The camera did not start. Choose a picture instead.");
    return;
  }
  if (mine !== pictureTurn) {
    given.getTracks().forEach((track) => track.stop());
    return;
  }
  stream = given;
  stream.getVideoTracks()[0].addEventListener("ended", () => {
    stopCamera("The camera was taken away. What you see is its last picture.");
  });
  if (mirrorBefore === null) mirrorBefore = part("mirror").checked;
  part("mirror").checked = facing === "user";
  tell("");
  pressSample(null);
  describe("what the camera sees");
  pressCamera();
  const cameras = await navigator.mediaDevices.enumerateDevices();
  part("turn").hidden = cameras.filter((device) => device.kind === "videoinput").length < 2;
  takeFrame();
  hand();
  if (modes[mode].still) setMode("look");
  else begin();
  pause(matchMedia("(prefers-reduced-motion: reduce)").matches);
  if (paused)
    tell("The camera stands still, since you asked for less motion. “Go on” lets it run.");
}

function takeFrame() {
  if (video.videoWidth) bring(video, video.videoWidth, video.videoHeight);
}

/** Run: a frame, its way through the network, the next frame. */
async function run() {
  const mine = stream;
  while (stream === mine && !paused) {
    await new Promise(requestAnimationFrame);
    if (stream !== mine || paused) return;
    takeFrame();
    hand();
    await refresh();
  }
}

function pause(wanted) {
  if (!stream) return;
  paused = wanted;
  pressCamera();
  if (!paused) run().catch(failed);
}

/** Whether pictures follow each other by themselves. */
function moving() {
  return stream !== null && !paused;
}

function stopCamera(words = "") {
  if (!stream) return;
  stream.getTracks().forEach((track) => track.stop());
  stream = null;
  video.srcObject = null;
  part("turn").hidden = true;
  pressCamera();
  if (words) tell(words);
}

function pressCamera() {
  part("camera").textContent = stream ? "Stop the camera" : "Camera";
  part("pause").hidden = !stream;
  part("pause").textContent = paused ? "Go on" : "Pause";
}

function listenForCamera() {
  part("camera").addEventListener("click", () =>
    stream ? stopCamera() : startCamera().catch(failed),
  );
  part("pause").addEventListener("click", () => {
    tell("");
    if (paused && modes[mode].still) setMode("look");
    pause(!paused);
  });
  part("turn").addEventListener("click", () => {
    facing = facing === "user" ? "environment" : "user";
    stopCamera();
    startCamera().catch(failed);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) stopCamera("The camera is off, since this page was out of sight.");
  });
  addEventListener("pagehide", () => stopCamera());
}
