// The quiz: ten questions drawn by the number in the address, and the page that joins saved answers.
(function () {
  "use strict";
  var data = window.filterGalleryQuiz; // see generator/studies/quiz/page.py
  var KEY = "filter-gallery-quiz";
  var QUESTIONS = 10;

  function id(name) {
    return document.getElementById("quiz-" + name);
  }
  function add(parent, tag, text) {
    var node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    parent.appendChild(node);
    return node;
  }
  function percent(part) {
    return Math.round(100 * part) + "\u00a0%";
  }
  // Where the true share lies with 95 % confidence (Wilson 1927).
  function interval(right, of) {
    var z = 1.96;
    var p = right / of;
    var middle = (p + (z * z) / (2 * of)) / (1 + (z * z) / of);
    var wide = (z / (1 + (z * z) / of)) * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of));
    return percent(Math.max(middle - wide, 0)) + " to " + percent(Math.min(middle + wide, 1));
  }
  function table(parent, title, head, rows) {
    var box = add(parent, "div");
    box.className = "table";
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", title);
    var made = add(box, "table");
    add(made, "caption", title);
    var line = add(add(made, "thead"), "tr");
    head.forEach(function (cell) {
      add(line, "th", cell).scope = "col";
    });
    var body = add(made, "tbody");
    rows.forEach(function (row) {
      line = add(body, "tr");
      row.forEach(function (cell, at) {
        if (at) add(line, "td").append(cell);
        else add(line, "th", cell).scope = "row";
      });
    });
  }
  function tally(answers) {
    var rows = data.conditions.map(function (condition) {
      return [
        condition[1],
        answers.filter(function (each) {
          return each.condition === condition[0];
        }),
      ];
    });
    return rows.concat([["all", answers]]).filter(function (row) {
      return row[1].length;
    });
  }
  function scores(parent, title, answers) {
    table(
      parent,
      title,
      ["Shown", "Right", "Share", "95 % interval"],
      tally(answers).map(function (row) {
        var right = row[1].filter(function (each) {
          return each.right;
        }).length;
        var of = row[1].length;
        return [row[0], right + " of " + of, percent(right / of), interval(right, of)];
      })
    );
  }
  function download(name, type, text) {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: type }));
    link.download = name;
    link.click();
    setTimeout(URL.revokeObjectURL, 1000, link.href);
  }

  // Numbers below 1, the same for a seed in every browser (mulberry32).
  function source(seed) {
    return function () {
      seed = (seed + 0x6d2b79f5) | 0;
      var t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }
  function shuffled(list, random) {
    var all = list.slice();
    for (var at = all.length - 1; at > 0; at -= 1) {
      var other = Math.floor(random() * (at + 1));
      var kept = all[at];
      all[at] = all[other];
      all[other] = kept;
    }
    return all;
  }
  // Questions from the layers in turn, each with a condition; every condition comes alike often.
  function draw(seed, layerName) {
    var random = source(seed);
    var layers = data.layers.filter(function (each) {
      return !layerName || each.name === layerName;
    });
    var decks = shuffled(layers, random).map(function (layer) {
      return shuffled(layer.filters, random).map(function (filter) {
        return { layer: layer, filter: filter };
      });
    });
    var drawn = [];
    for (var round = 0; drawn.length < QUESTIONS && round < QUESTIONS; round += 1) {
      decks.forEach(function (deck) {
        if (deck[round] && drawn.length < QUESTIONS) drawn.push(deck[round]);
      });
    }
    var turns = shuffled(data.conditions, random);
    var conditions = drawn.map(function (_question, at) {
      return turns[at % turns.length][0];
    });
    shuffled(conditions, random).forEach(function (condition, at) {
      drawn[at].condition = condition;
    });
    return shuffled(drawn, random);
  }

  function take() {
    var room = document.getElementById("quiz");
    var start = id("start");
    var form = id("form");
    var tile = +room.dataset.tile;
    var asked = new URLSearchParams(location.search);
    var seed = /^\d{1,9}$/.test(asked.get("seed")) ? +asked.get("seed") : 1;
    var questions = [];
    var answers = [];

    start.elements.layer.value = asked.get("layer") || "";
    if (start.elements.layer.selectedIndex < 0) start.elements.layer.value = "";

    function layer() {
      return start.elements.layer.value;
    }
    function keep() {
      var state = { gallery: data.gallery, layer: layer(), seed: seed, answers: answers };
      try {
        localStorage.setItem(KEY, JSON.stringify(state));
      } catch (error) {
        id("said").textContent =
          "This browser keeps nothing for this page, so leaving it ends the quiz.";
      }
    }
    function kept() {
      try {
        var state = JSON.parse(localStorage.getItem(KEY));
        var same = state && state.gallery === data.gallery && state.layer === layer();
        return same && state.seed === seed && Array.isArray(state.answers) ? state.answers : [];
      } catch (error) {
        return [];
      }
    }
    function address() {
      id("seed").textContent = seed;
      var query = "?seed=" + seed + (layer() ? "&layer=" + encodeURIComponent(layer()) : "");
      try {
        history.replaceState(null, "", query);
      } catch (error) {
        // a page opened from a folder may not change its address
      }
    }
    function place(name, question) {
      return question.layer[name].replace("*", question.filter[0]);
    }
    function picture(question) {
      var image = new Image();
      image.src = place(question.condition, question);
      image.alt = "What is shown of the filter";
      image.width = image.height = question.condition === "made" ? 320 : question.layer.side;
      if (question.layer.pixelated) image.className = "pixelated";
      return image;
    }
    function ask() {
      if (answers.length >= questions.length) return end();
      var question = questions[answers.length];
      var shown = data.conditions.find(function (each) {
        return each[0] === question.condition;
      })[1];
      id("end").hidden = true;
      id("ask").hidden = false;
      id("examples").hidden = true;
      id("title").textContent =
        "Question " + (answers.length + 1) + " of " + questions.length + ": " + question.layer.title;
      id("shown").textContent = "You are shown " + shown + ".";
      id("sheet").replaceChildren();
      id("sheet").hidden = question.condition === "nothing";
      if (question.condition !== "nothing") id("sheet").append(picture(question));
      form.querySelectorAll("svg").forEach(function (svg, at) {
        var image = document.createElementNS("http://www.w3.org/2000/svg", "image");
        svg.replaceChildren(image);
        svg.setAttribute("viewBox", at * (tile + 2) + 0.5 + " 0.5 " + (tile - 1) + " " + (tile - 1));
        svg.classList.toggle("pixelated", question.layer.pixelated);
        image.setAttribute("href", place("query", question));
        image.setAttribute("width", 2 * tile + 2);
        image.setAttribute("height", tile);
      });
      form.reset();
      id("title").focus();
    }
    function end() {
      var box = id("tables");
      box.replaceChildren();
      id("ask").hidden = true;
      id("end").hidden = false;
      var right = answers.filter(function (each) {
        return each.right;
      }).length;
      id("score").textContent =
        "You were right about " + right + " of " + answers.length + " filters. Guesses get half.";
      scores(box, "Right answers", answers);
      table(
        box,
        "Each question",
        ["Question", "Filter", "Shown", "You", "Right", "Activations"],
        questions.map(function (question, at) {
          var link = document.createElement("a");
          link.href = place("page", question);
          link.textContent = question.layer.title + ", " + question.filter[0];
          var which = question.filter[1] ? "A" : "B";
          var sure = form.elements.sure[answers[at].sure - 1].parentNode.textContent.trim();
          return [
            String(at + 1),
            link,
            answers[at].condition,
            answers[at].choice + ", " + sure,
            which + (answers[at].right ? " ✓" : " ✗"),
            question.filter[2] + " against " + question.filter[3],
          ];
        })
      );
      id("result").focus();
    }
    function begin(fresh) {
      questions = draw(seed, layer());
      answers = fresh ? [] : kept().slice(0, questions.length);
      if (questions.length < QUESTIONS) {
        id("said").textContent =
          "There are " + questions.length + " filters to ask about here, fewer than ten.";
      } else id("said").textContent = "";
      address();
      if (fresh || answers.length) ask();
    }
    function other() {
      seed = 1 + Math.floor(Math.random() * 9999);
      begin(true);
    }

    start.addEventListener("submit", function (event) {
      event.preventDefault();
      begin(true);
    });
    start.elements.layer.addEventListener("change", address);
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      var question = questions[answers.length];
      var choice = form.elements.choice.value;
      answers.push({
        layer: question.layer.name,
        filter: question.filter[0],
        condition: question.condition,
        choice: choice,
        sure: +form.elements.sure.value,
        right: (choice === "A") === Boolean(question.filter[1]),
      });
      keep();
      ask();
    });
    id("new").addEventListener("click", other);
    id("again").addEventListener("click", other);
    id("link").hidden = !navigator.clipboard;
    id("link").addEventListener("click", function () {
      navigator.clipboard.writeText(location.href);
      id("link").textContent = "Copied";
    });
    id("save").addEventListener("click", function () {
      var file = { quiz: 1, gallery: data.gallery, layer: layer(), seed: seed, answers: answers };
      download("quiz-" + seed + ".json", "application/json", JSON.stringify(file, null, 1));
    });
    room.hidden = false;
    begin(false);
  }

  function join() {
    var form = id("files");
    var joined = []; // name and content of each file that counts

    function problem(name, file, first) {
      var answers = file && file.quiz === 1 && file.answers;
      var fine = Array.isArray(answers) && answers.length && answers.every(function (each) {
        return each && typeof each.right === "boolean" && typeof each.condition === "string";
      });
      if (!fine) return name + ": holds no answers of this quiz; left out.";
      if (file.gallery !== data.gallery) return name + ": is of another gallery; left out.";
      var same = !first || (first.seed === file.seed && first.layer === file.layer);
      if (!same || (first && first.answers.length !== answers.length)) {
        return name + ": is of other questions than the first file; left out.";
      }
      return "";
    }
    function right(answers) {
      return answers.filter(function (each) {
        return each.right;
      }).length;
    }
    function show(said) {
      var box = id("tables");
      id("said").replaceChildren();
      box.replaceChildren();
      said.forEach(function (line) {
        add(id("said"), "p", line).className = "notice";
      });
      id("csv").hidden = !joined.length;
      if (!joined.length) return;
      var first = joined[0].file;
      var every = joined.reduce(function (all, each) {
        return all.concat(each.file.answers);
      }, []);
      scores(box, "All together, quiz " + first.seed, every);
      table(box, "Each file", ["File", "Right", "Of"], joined.map(function (each) {
        var answers = each.file.answers;
        return [each.name, String(right(answers)), String(answers.length)];
      }));
      table(box, "Each question", ["Question", "Filter", "Shown", "Right"], first.answers.map(
        function (question, at) {
          var same = joined.map(function (each) {
            return each.file.answers[at];
          });
          var filter = question.layer + ", " + question.filter;
          return [String(at + 1), filter, question.condition, right(same) + " of " + same.length];
        }
      ));
    }
    function quoted(cell) {
      return '"' + String(cell).replace(/"/g, '""') + '"';
    }

    form.hidden = false;
    form.addEventListener("submit", function (event) {
      event.preventDefault();
    });
    form.elements.files.addEventListener("change", function () {
      var files = Array.prototype.slice.call(form.elements.files.files);
      Promise.all(
        files.map(function (file) {
          return file.text().then(JSON.parse).catch(function () {
            return null;
          });
        })
      ).then(function (contents) {
        var said = [];
        joined = [];
        contents.forEach(function (content, at) {
          var wrong = problem(files[at].name, content, joined.length && joined[0].file);
          if (wrong) said.push(wrong);
          else joined.push({ name: files[at].name, file: content });
        });
        show(said);
      });
    });
    id("csv").addEventListener("click", function () {
      var rows = [["file", "question", "layer", "filter", "shown", "choice", "sure", "right"]];
      joined.forEach(function (each) {
        each.file.answers.forEach(function (a, at) {
          var own = [a.layer, a.filter, a.condition, a.choice, a.sure, a.right];
          rows.push([each.name, at + 1].concat(own));
        });
      });
      var lines = rows.map(function (row) {
        return row.map(quoted).join(",");
      });
      download("answers.csv", "text/csv", lines.join("\r\n") + "\r\n");
    });
  }

  if (id("files")) join();
  else if (document.getElementById("quiz")) take();
})();
