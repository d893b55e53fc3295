// a click on a head sorts by that column, numbers as numbers; what is typed hides rows without it
for (const box of document.querySelectorAll(".sortable")) {
  const body = box.querySelector("tbody"), heads = [...box.querySelectorAll("thead th")];
  heads.forEach((head, column) => head.querySelector("button")?.addEventListener("click", () => {
    const sign = head.ariaSort === "ascending" ? -1 : 1;
    heads.forEach(other => other.ariaSort = other === head ? (sign > 0 ? "ascending" : "descending") : null);
    const key = row => row.cells[column].dataset.v ?? row.cells[column].textContent;
    const compare = new Intl.Collator(undefined, {numeric: true}).compare;
    body.append(...[...body.rows].map(row => [key(row), row]).sort((a, b) => sign * compare(a[0], b[0])).map(pair => pair[1]));
  }));
  box.querySelector("input").addEventListener("input", event => {
    const wanted = event.target.value.toLowerCase();
    for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
}
