// Makes an element's content like a given text, touching only what differs: focus, selection and half-written notes
// stay. Children with an id are moved and kept; an element with data-keep is left as it is.

export function patch(element, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const news = [];
  children(element, template.content, news);
  return news;
}

function children(old, fresh, news) {
  const keyed = new Map();
  for (const child of old.children) if (child.id) keyed.set(child.id, child);
  const hadKeys = keyed.size > 0;
  let here = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const match = wanted.id ? keyed.get(wanted.id) : null;
    if (match) {
      keyed.delete(wanted.id);
      if (match === here) here = here.nextSibling; else old.insertBefore(match, here);
      same(match, wanted, news);
    } else if (!wanted.id && here && !here.id && here.nodeType === wanted.nodeType && here.nodeName === wanted.nodeName) {
      const next = here.nextSibling;
      same(here, wanted, news);
      here = next;
    } else {
      old.insertBefore(wanted, here);
      if (wanted.id && hadKeys) news.push(wanted);
    }
  }
  while (here) {
    const next = here.nextSibling;
    here.remove();
    here = next;
  }
}

function same(old, fresh, news) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if (old.dataset.keep && old.dataset.keep === fresh.dataset?.keep) return;
  if (old.matches("textarea, select") && (old === document.activeElement || old.value)) return;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !(name === "open" && old.matches("details"))) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (old.id && old.outerHTML === fresh.outerHTML) return;
  children(old, fresh, news);
}
