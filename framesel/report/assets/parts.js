// Marks, among the links to the parts of the page, the part that is being read.

const links = new Map([...document.querySelectorAll(".report .parts a")].map((link) => [link.hash.slice(1), link]));
const seen = new Set();

/** The first part that crosses the line a third down the window. */
function mark() {
  const now = [...links.keys()].find((id) => seen.has(id));
  for (const [id, link] of links) {
    if (id === now) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

const watch = new IntersectionObserver((parts) => {
  for (const { target, isIntersecting } of parts) {
    if (isIntersecting) seen.add(target.id);
    else seen.delete(target.id);
  }
  mark();
}, { rootMargin: "-30% 0px -69% 0px" });

for (const id of links.keys()) {
  const part = document.getElementById(id);
  if (part) watch.observe(part);
}
