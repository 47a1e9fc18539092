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
  const filters = ["category", "risk", "signal"].map((n) => document.getElementById("f-" + n));
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
      }));
    }
    return cache.get(name);
  };
  const plain = /[a-z0-9]/;
  const shardOf = (word) => [...word].slice(0, 2)
    .map((c) => (plain.test(c) ? c : "x" + c.codePointAt(0).toString(16))).join("");
  const wordsOf = (text) => {
    const apart = text.replace(/([a-z0-9])(?=[A-Z])/g, "$1 ").replace(/([A-Z])(?=[A-Z][a-z])/g, "$1 ");
    const found = apart.match(/[\p{L}\p{N}]+/gu) || [];
    return [...new Set(found.map((w) => [...w.toLowerCase()].slice(0, LONGEST_WORD).join("")))]
      .filter((w) => !stop.has(w)).slice(0, 8);
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
  const find = async (query) => {
    const words = wordsOf(query);
    const accept = await admitted();
    if (!words.length) {
      if (!accept) return null;
      const attributes = await load("attributes");
      const all = [];
      for (let i = 0; i < attributes.length; i++) if (accept(i)) all.push(i);
      return all;
    }
    const known = new Set(await load("shards"));
    const each = await Promise.all(words.map((w) => scoresOf(w, known)));
    each.sort((a, b) => a.size - b.size);
    const found = [];
    for (const [number, points] of each[0]) {
      let sum = points;
      if (each.slice(1).every((s) => s.has(number) && ((sum += s.get(number)), true))) {
        if (!accept || accept(number)) found.push([number, sum]);
      }
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
      if (!found) { list.replaceChildren(); status.textContent = ""; return; }
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
      status.textContent = found.length === 0 ? "Nothing found."
        : found.length.toLocaleString("en") + (found.length === 1 ? " result" : " results");
    } catch (error) {
      if (mine !== latest) return;
      status.textContent = location.protocol === "file:"
        ? "Search needs a web server: toolrisk pages --serve starts one."
        : "The search index could not be read.";
    }
  };
  let waiting = 0;
  const soon = () => { shownCount = PAGE; clearTimeout(waiting); waiting = setTimeout(run, 80); };
  input.addEventListener("input", soon);
  for (const filter of filters) filter.addEventListener("change", soon);
  form.addEventListener("submit", (event) => { event.preventDefault(); shownCount = PAGE; run(); });
  const asked = new URLSearchParams(location.search).get("q");
  if (asked) input.value = asked.slice(0, 100);
  if (input.value || filters.some((f) => f.value)) run();
})();
