// Draws what is above and below a column as nested lists, each column once in full.
"use strict";
(() => {
  const { columns, upstream } = window.LINEAGE;
  const numbers = new Map(columns.map((name, number) => [name, number]));
  const downstream = {};
  for (const [number, above] of Object.entries(upstream)) {
    for (const parent of above) (downstream[parent] ||= []).push(Number(number));
  }
  const input = document.getElementById("column");
  const told = document.getElementById("lineage-status");
  const drawn = document.querySelector(".lineage");
  document.getElementById("columns").append(...columns.map((name) => {
    const option = document.createElement("option");
    option.value = name;
    return option;
  }));

  // All columns of a table go on with what each of its columns is made from.
  const star = (number) => columns[number].endsWith(".*");
  const table = (number) => columns[number].slice(0, columns[number].lastIndexOf("."));
  function neighbours(number, edges) {
    if (!star(number) || edges === downstream) {
      const direct = edges[number] || [];
      if (edges !== downstream || star(number)) return direct;
      return [...direct, ...(edges[numbers.get(`${table(number)}.*`)] || [])];
    }
    const prefix = `${table(number)}.`;
    const found = new Set();
    columns.forEach((name, other) => {
      if (name.startsWith(prefix) && other !== number && table(other) === table(number)) {
        for (const above of edges[other] || []) found.add(above);
      }
    });
    return [...found].sort((a, b) => a - b);
  }

  function branch(number, edges, seen, depth) {
    const list = document.createElement("ul");
    for (const other of neighbours(number, edges)) {
      const entry = document.createElement("li");
      const link = document.createElement("a");
      link.className = "name";
      link.href = `#${columns[other]}`;
      link.textContent = columns[other];
      const below = neighbours(other, edges);
      if (!below.length) {
        entry.append(link);
      } else if (seen.has(other)) {
        entry.append(link, " …");
      } else {
        seen.add(other);
        const details = document.createElement("details");
        details.open = depth < 1;
        const summary = document.createElement("summary");
        summary.append(link);
        details.append(summary, branch(other, edges, seen, depth + 1));
        entry.append(details);
      }
      list.append(entry);
    }
    return list;
  }

  function show(name) {
    const number = numbers.get(name);
    input.value = name;
    drawn.hidden = number === undefined;
    told.textContent = "";
    if (number === undefined) {
      if (name) told.textContent = "It is made from no column (it counts rows, or is written down), and none is made from it.";
      return;
    }
    for (const [place, edges] of [["upstream", upstream], ["downstream", downstream]]) {
      const list = branch(number, edges, new Set([number]), 0);
      const empty = document.createElement("p");
      empty.className = "quiet";
      empty.textContent = place === "upstream" ? "Nothing: it is where data begins." : "Nothing.";
      document.getElementById(place).replaceChildren(list.children.length ? list : empty);
    }
  }

  const fromAddress = () => show(decodeURIComponent(location.hash.slice(1)));
  input.addEventListener("change", () => { location.hash = input.value.trim(); });
  document.getElementById("lineage-form").addEventListener("submit", (event) => {
    event.preventDefault();
    location.hash = input.value.trim();
  });
  window.addEventListener("hashchange", fromAddress);
  fromAddress();
})();
