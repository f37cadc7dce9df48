// Long tasks: one at a time, each with its progress and a button that stops it.
let task = null;

/**
 * Run a long ask, begun by a button. Gives its answer, null where it was stopped, or undefined where
 * another picture, mode or layer was chosen meanwhile: then no progress is shown either.
 */
async function runTask(button, name, fields, progress = () => {}) {
  stopTask();
  const mine = turn;
  const asking = ask(name, fields, (news) => task === asking && progress(news));
  task = asking;
  part("stop").hidden = false;
  button.disabled = true;
  try {
    const answer = await asking;
    return mine === turn ? answer : undefined;
  } finally {
    button.disabled = false;
    if (task === asking) endTask();
  }
}

function stopTask() {
  if (!task) return;
  task.stop();
  endTask();
}

function endTask() {
  task = null;
  part("stop").hidden = true;
  part("progress").hidden = true;
}

function showProgress(done, of) {
  const bar = part("progress");
  bar.hidden = false;
  bar.max = of;
  bar.value = done;
}
