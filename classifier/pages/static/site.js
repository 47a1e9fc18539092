// Copy buttons and search; every page is whole without this file.
"use strict";
(() => {
  for (const pre of document.querySelectorAll(".file pre")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(pre.textContent);
        button.textContent = "Copied";
      } catch {
        const range = document.createRange();
        range.selectNodeContents(pre);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        button.textContent = document.execCommand("copy") ? "Copied" : "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    pre.before(button);
  }
})();

// A long list of one server's tools is narrowed by what is typed.
(() => {
  const table = document.querySelector("[data-narrow] table.tools");
  if (!table) return;
  const rows = [...table.tBodies[0].rows];
  const words = rows.map((row) => row.textContent.toLowerCase());
  const box = document.createElement("p");
  const label = document.createElement("label");
  const input = document.createElement("input");
  const status = document.createElement("span");
  box.className = "narrow";
  label.htmlFor = input.id = "narrow";
  label.textContent = "Show only tools with these words: name, risk, category";
  input.type = "search";
  input.autocomplete = "off";
  status.className = "status";
  status.setAttribute("role", "status");
  input.addEventListener("input", () => {
    const asked = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, i) => {
      row.hidden = !asked.every((word) => words[i].includes(word));
      shown += !row.hidden;
    });
    status.textContent = asked.length ? shown + " of " + rows.length : "";
  });
  box.append(label, input, " ", status);
  table.closest("[data-narrow]").prepend(box);
})();

(() => {
  const form = document.getElementById("search");
  if (!form) return;
  const input = document.getElementById("q");
  const status = document.getElementById("search-status");
  const list = document.getElementById("results");
  const facets = ["category", "risk", "signal"];
  const filters = facets.map((n) => document.getElementById("f-" + n));
  const categories = ["Read", "Write", "Execute", "Other"];
  const risks = ["low", "medium", "high", "critical"];
  const stop = new Set(["a", "an", "and", "the", "of", "to", "in", "for", "or", "is", "it", "by", "on"]);
  const BLOCK = 64, PAGE = 20, LONGEST_WORD = 24;
  const cache = new Map();
  let latest = 0;
  let shownCount = PAGE;

  const load = (name) => {
    if (!cache.has(name)) {
      cache.set(name, fetch("search/" + name + ".json").then((answer) => {
        if (!answer.ok) throw new Error(name + ": " + answer.status);
        return answer.json();
      }).catch((error) => {
        cache.delete(name);  // the next query tries again
        throw error;
      }));
    }
    return cache.get(name);
  };
  const plain = /[a-z0-9]/;
  const shardOf = (word) => [...word].slice(0, 2)
    .map((c) => (plain.test(c) ? c : "x" + c.codePointAt(0).toString(16))).join("");
  // GitHub may stand in a text as github, and in a name as git and hub: every joining of the parts.
  const joinings = ([first, ...rest]) => (rest.length
    ? joinings(rest).flatMap((way) => [[first + way[0], ...way.slice(1)], [first, ...way]])
    : [[first]]);
  const MOST_PARTS = 5;
  const waysOf = (token) => {
    const apart = token.replace(/([a-z0-9])(?=[A-Z])/g, "$1 ").replace(/([A-Z])(?=[A-Z][a-z])/g, "$1 ");
    const parts = apart.toLowerCase().split(" ");
    const ways = parts.length > MOST_PARTS ? [[parts.join("")], parts] : joinings(parts);
    return ways.map((way) => way.map((w) => [...w].slice(0, LONGEST_WORD).join(""))
      .filter((w) => !stop.has(w))).filter((way) => way.length);
  };
  const tokensOf = (text) => {
    const found = text.match(/[\p{L}\p{N}]+/gu) || [];
    return [...new Set(found)].map(waysOf).filter((ways) => ways.length).slice(0, 8);
  };
  const add = (scores, differences, points) => {
    let number = 0;
    for (const step of differences) {
      number += step;
      const old = scores.get(number) || 0;
      if (points > old) scores.set(number, points);
    }
  };
  const scoresOf = async (word, known) => {
    const scores = new Map();
    const shard = shardOf(word);
    if (!known.has(shard)) return scores;
    const words = await load("w-" + shard);
    for (const [candidate, [names, texts]] of Object.entries(words)) {
      if (candidate === word) { add(scores, names, 9); add(scores, texts, 3); }
      else if (candidate.startsWith(word)) { add(scores, names, 5); add(scores, texts, 1); }
    }
    return scores;
  };
  // Those that have every part of one way to read the token; of several ways, the highest score.
  // A way that lost a stop word (ToDo as `do`) counts for the share that it kept.
  const tokenScores = async (ways, known) => {
    const scores = new Map();
    const longest = Math.max(...ways.map((way) => way.join("").length));
    for (const way of ways) {
      const each = await Promise.all(way.map((word) => scoresOf(word, known)));
      const [least, ...others] = each.sort((a, b) => a.size - b.size);
      for (const [number, points] of least) {
        if (!others.every((s) => s.has(number))) continue;
        const mean = others.reduce((sum, s) => sum + s.get(number), points) / way.length;
        const share = way.join("").length / longest;
        if (mean * share > (scores.get(number) || 0)) scores.set(number, mean * share);
      }
    }
    return scores;
  };
  const admitted = async () => {
    const [category, risk, signal] = filters.map((f) => f.value);
    if (!category && !risk && !signal) return null;
    const attributes = await load("attributes");
    let only = null;
    if (signal) {
      only = new Set();
      let number = 0;
      for (const step of await load("signal-" + signal)) { number += step; only.add(number); }
    }
    return (number) => {
      const code = attributes.charCodeAt(number) - 97;
      if (code < 0) return false;
      if (category && categories[code >> 2] !== category) return false;
      if (risk && risks[code & 3] !== risk) return false;
      return !only || only.has(number);
    };
  };
  // A single letter has only words of one letter in its shard: beside others it adds, and hides none.
  const isLetter = (ways) => ways.length === 1 && ways[0].length === 1 && [...ways[0][0]].length === 1;
  const find = async (query) => {
    const tokens = tokensOf(query);
    const accept = await admitted();
    if (!tokens.length) {
      if (!accept) return null;
      const attributes = await load("attributes");
      const all = [];
      for (let i = 0; i < attributes.length; i++) if (accept(i)) all.push(i);
      return all;
    }
    const known = new Set(await load("shards"));
    const each = await Promise.all(tokens.map((ways) => tokenScores(ways, known)));
    const asked = each.filter((_, i) => !isLetter(tokens[i]));
    const letters = asked.length ? each.filter((_, i) => isLetter(tokens[i])) : [];
    const [least, ...others] = (asked.length ? asked : each).sort((a, b) => a.size - b.size);
    const found = [];
    for (const [number, points] of least) {
      if (!others.every((s) => s.has(number)) || (accept && !accept(number))) continue;
      const sum = [...others, ...letters].reduce((sum, s) => sum + (s.get(number) || 0), points);
      found.push([number, sum]);
    }
    found.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    return found.map((pair) => pair[0]);
  };
  const item = (entry, code) => {
    const li = document.createElement("li");
    const link = document.createElement("a");
    link.className = "name";
    link.href = entry[1] + ".html";
    link.textContent = entry[0];
    li.append(link, " ");
    if (code >= 0) {
      const level = document.createElement("span");
      const shape = document.createElement("span");
      level.className = "level risk-" + risks[code & 3];
      shape.className = "shape";
      shape.setAttribute("aria-hidden", "true");
      level.append(shape, risks[code & 3]);
      li.append(level, " " + categories[code >> 2] + ", score " + entry[2] + ", on " + entry[4]);
    } else {
      li.append("server, " + entry[2] + (entry[2] === 1 ? " tool" : " tools"));
    }
    const summary = document.createElement("span");
    summary.className = "summary";
    summary.textContent = entry[3];
    li.append(summary);
    return li;
  };
  const run = async () => {
    const mine = ++latest;
    try {
      const found = await find(input.value);
      if (mine !== latest) return;
      if (!found) {
        list.replaceChildren();
        status.textContent = input.value.trim() ? "Nothing in this to search for." : "";
        return;
      }
      const first = found.slice(0, shownCount);
      const attributes = await load("attributes");
      const blocks = await Promise.all(first.map((n) => load("block-" + Math.floor(n / BLOCK))));
      if (mine !== latest) return;
      const items = first.map((n, i) => item(blocks[i][n % BLOCK], attributes.charCodeAt(n) - 97));
      if (found.length > shownCount) {
        const li = document.createElement("li");
        const more = document.createElement("button");
        more.type = "button";
        more.className = "more";
        more.textContent = "Show more";
        more.addEventListener("click", () => { shownCount += PAGE; run(); });
        li.append(more);
        items.push(li);
      }
      list.replaceChildren(...items);
      const tokens = tokensOf(input.value);
      status.textContent = found.length === 0
        ? (tokens.length && tokens.every(isLetter) ? "Write one more letter." : "Nothing found.")
        : found.length.toLocaleString("en") + (found.length === 1 ? " result" : " results");
    } catch (error) {
      if (mine !== latest) return;
      list.replaceChildren();
      status.textContent = location.protocol === "file:"
        ? "Search needs a web server: toolrisk pages --serve starts one."
        : "The search index could not be read. Search again to try once more.";
    }
  };
  // The address holds what was asked, so that Back, a reload and a link show the same as the form.
  const fields = [["q", input], ...facets.map((name, i) => [name, filters[i]])];
  const keep = () => {
    const address = new URL(location.href);
    for (const [name, field] of fields) {
      if (field.value) address.searchParams.set(name, field.value);
      else address.searchParams.delete(name);
    }
    try {
      if (address.href !== location.href) history.replaceState(history.state, "", address);
    } catch { /* a file, or too many at once: only the address stays behind */ }
  };
  const ask = () => { shownCount = PAGE; keep(); run(); };
  const restore = () => {
    clearTimeout(waiting);
    const given = new URLSearchParams(location.search);
    for (const [name, field] of fields) {
      field.value = (given.get(name) || "").slice(0, 100);
      if (field.selectedIndex === -1) field.value = "";
    }
    run();
  };
  let waiting = 0, isTouched = false;
  const soon = () => { isTouched = true; clearTimeout(waiting); waiting = setTimeout(ask, 80); };
  input.addEventListener("input", soon);
  for (const filter of filters) filter.addEventListener("change", soon);
  form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(waiting); ask(); });
  addEventListener("popstate", restore);
  // A browser puts old choices back into the form after this script, and before this event.
  addEventListener("pageshow", (event) => { if (event.persisted || !isTouched) restore(); });
  if (input.value && !location.search) ask();  // typed before this script came
  else restore();
})();
