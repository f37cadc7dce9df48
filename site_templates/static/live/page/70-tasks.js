// Long tasks: one at a time, each with its progress and a button that stops it.
let task = null;

/** Run a long ask, begun by a button; null where it was stopped. */
async function runTask(button, asking) {
  stopTask();
  task = asking;
  part("stop").hidden = false;
  button.disabled = true;
  try {
    return await asking;
  } finally {
    button.disabled = false;
    if (task === asking) {
      task = null;
      part("stop").hidden = true;
      part("progress").hidden = true;
    }
  }
}

function stopTask() {
  if (task) task.stop();
}

function showProgress(done, of) {
  const bar = part("progress");
  bar.hidden = false;
  bar.max = of;
  bar.value = done;
}
