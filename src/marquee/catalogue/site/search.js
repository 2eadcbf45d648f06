// Ranks as src/marquee/catalogue/search.py does: the worths are in the index, here they are added up.
"use strict";
(() => {
  const index = window.SEARCH_INDEX;
  const SHOWN = 20;
  const stopWords = new Set(index.stopWords);
  const input = document.getElementById("search");
  const list = document.getElementById("results");
  const told = document.getElementById("search-status");
  const browse = document.getElementById("browse");

  function stem(word) {
    for (const [suffix, ending, least] of index.suffixes) {
      if (word.endsWith(suffix) && word.length - suffix.length >= least) {
        word = word.slice(0, word.length - suffix.length) + ending;
        break;
      }
    }
    const last = word[word.length - 1];
    if (word.length > 3 && last === word[word.length - 2] && index.doubles.includes(last)) {
      word = word.slice(0, -1);
    }
    return word;
  }

  function stems(text) {
    const words = text.toLowerCase().match(/[a-z0-9]+/g) || [];
    return words.filter((word) => !stopWords.has(word)).map(stem);
  }

  function worths(word) {
    const best = new Map();
    for (const [found, postings] of Object.entries(index.postings)) {
      let percent = 100;
      if (found !== word) {
        if (word.length < index.prefixLetters || !found.startsWith(word)) continue;
        percent = index.prefixPercent;
      }
      for (let place = 0; place < postings.length; place += 2) {
        const worth = Math.floor((postings[place + 1] * percent) / 100);
        best.set(postings[place], Math.max(best.get(postings[place]) || 0, worth));
      }
    }
    return best;
  }

  function search(text) {
    const scores = new Map();
    const matched = new Map();
    for (const word of new Set(stems(text))) {
      for (const [number, worth] of worths(word)) {
        scores.set(number, (scores.get(number) || 0) + worth);
        matched.set(number, (matched.get(number) || 0) + 1);
      }
    }
    const score = (number) => scores.get(number) * matched.get(number);
    return [...scores.keys()].sort((a, b) => score(b) - score(a) || a - b);
  }

  function item([kind, name, description, layer, place]) {
    const entry = document.createElement("li");
    const link = document.createElement("a");
    link.href = place;
    link.dataset.kind = kind;
    link.dataset.name = name;
    for (const [tag, className, text] of [
      ["span", "kind", layer || kind], ["strong", "name", name], ["span", "text", description],
    ]) {
      const part = document.createElement(tag);
      part.className = className;
      part.textContent = text;
      link.append(part);
    }
    entry.append(link);
    return entry;
  }

  function show() {
    const asked = input.value.trim();
    const found = asked ? search(asked) : [];
    list.replaceChildren(...found.slice(0, SHOWN).map((number) => item(index.documents[number])));
    list.hidden = !found.length;
    browse.hidden = Boolean(asked);
    told.textContent = !asked ? ""
      : !found.length ? "Nothing is called so, nor described by it. Try another word."
      : found.length > SHOWN ? `The best ${SHOWN} of ${found.length}` : `${found.length} found`;
    history.replaceState(null, "", asked ? `#q=${encodeURIComponent(asked)}` : location.pathname);
  }

  function fromAddress() {
    if (location.hash.startsWith("#q=")) {
      input.value = decodeURIComponent(location.hash.slice(3));
      show();
    } else if (location.hash) {
      const layer = document.getElementById(location.hash.slice(1));
      if (layer) { layer.open = true; layer.scrollIntoView(); }
    }
  }

  input.addEventListener("input", show);
  document.getElementById("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const first = list.querySelector("a");
    if (first) first.click();
  });
  document.addEventListener("keydown", (event) => {
    const links = [...list.querySelectorAll("a")];
    const place = links.indexOf(document.activeElement);
    if (event.key === "/" && document.activeElement !== input) {
      event.preventDefault();
      input.focus();
      input.select();
    } else if (event.key === "ArrowDown" && (place >= 0 || document.activeElement === input)) {
      event.preventDefault();
      (links[place + 1] || links[links.length - 1] || input).focus();
    } else if (event.key === "ArrowUp" && place >= 0) {
      event.preventDefault();
      (links[place - 1] || input).focus();
    } else if (event.key === "Escape" && input.value) {
      input.value = "";
      show();
      input.focus();
    }
  });
  window.addEventListener("hashchange", fromAddress);
  fromAddress();
})();
