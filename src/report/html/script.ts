/** The page's script: tables sort and filter, commands copy. The page says all it has to say without it. */
export const SCRIPT = `
'use strict';
document.documentElement.classList.add('js');

const valueOf = (row, column, isNumber) => {
  const cell = row.cells[column];
  const text = cell.dataset.v ?? cell.textContent;
  if (!isNumber && cell.dataset.v === undefined) return text.trim().toLowerCase();
  return text.trim() === '' ? null : Number(text.replaceAll(',', ''));
};
const compare = (a, b) => (a === null ? 1 : b === null ? -1 : typeof a === 'string' ? a.localeCompare(b, 'en', { numeric: true }) : a - b);

for (const label of document.querySelectorAll('th [data-sort]')) {
  const head = label.closest('th');
  const button = document.createElement('button');
  button.type = 'button';
  button.append(...label.childNodes);
  label.replaceWith(button);
  // on the paper's next page the heading comes again, where browsers do not draw buttons
  const printed = document.createElement('span');
  printed.className = 'printed';
  printed.textContent = button.textContent;
  head.append(printed);
  button.addEventListener('click', () => {
    const descending = head.getAttribute('aria-sort') === 'ascending';
    for (const other of head.parentElement.cells) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
    const body = head.closest('table').tBodies[0];
    const rows = [...body.rows].map((row) => [valueOf(row, head.cellIndex, label.dataset.sort === 'number'), row]);
    rows.sort(([a], [b]) => (a === null || b === null || !descending ? compare(a, b) : compare(b, a)));
    body.append(...rows.map(([, row]) => row));
  });
}

for (const input of document.querySelectorAll('input[data-filter]')) {
  const rows = [...document.getElementById(input.dataset.filter).tBodies[0].rows];
  const output = input.closest('.filter').querySelector('output');
  input.addEventListener('input', () => {
    const words = input.value.toLowerCase().split(' ').filter((word) => word !== '');
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) shown++;
    }
    output.textContent = words.length === 0 ? '' : shown + ' of ' + rows.length;
  });
}

const copied = async (code) => {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return true;
  } catch {
    const range = document.createRange();
    range.selectNodeContents(code);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    return document.execCommand('copy');
  }
};
document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy]');
  if (button === null) return;
  const done = await copied(button.parentElement.querySelector('code'));
  button.textContent = done ? 'Copied' : 'Selected';
  setTimeout(() => { button.textContent = 'Copy'; }, 1500);
});

let opened = [];
addEventListener('beforeprint', () => {
  opened = [...document.querySelectorAll('.findings details:not([open])')];
  for (const details of opened) details.open = true;
});
addEventListener('afterprint', () => { for (const details of opened) details.open = false; });
`;
