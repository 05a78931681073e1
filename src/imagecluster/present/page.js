// The page is complete without this: it adds the size filter, the mark of the current size, and keys.
(() => {
  "use strict";
  const select = document.querySelector("#size");
  const sections = [...document.querySelectorAll("main section")];
  const links = [...document.querySelectorAll(".bar a")];

  let waiting = false;
  const markCurrent = () => {
    waiting = false;
    const current = sections.findLast((s) => !s.hidden && s.getBoundingClientRect().top < innerHeight / 3);
    for (const link of links) {
      if (current && link.dataset.band === current.dataset.band) {
        if (!link.hasAttribute("aria-current")) {
          link.setAttribute("aria-current", "true");
          link.scrollIntoView({ block: "nearest", inline: "nearest" });
        }
      } else {
        link.removeAttribute("aria-current");
      }
    }
  };
  addEventListener("scroll", () => {
    if (!waiting) {
      waiting = true;
      requestAnimationFrame(markCurrent);
    }
  }, { passive: true });
  markCurrent();

  if (select) {
    const status = document.querySelector("#shown");
    select.closest("label").hidden = false;
    select.addEventListener("change", () => {
      let shown = 0;
      for (const section of sections) {
        section.hidden = select.value !== "" && section.dataset.band !== select.value;
        shown += !section.hidden;
      }
      for (const band of document.querySelectorAll(".band")) {
        band.hidden = !band.querySelector("section:not([hidden])");
      }
      status.textContent = `${shown} of ${sections.length} groups shown`;
      markCurrent();
      scrollTo({ top: Math.min(scrollY, document.querySelector("main").offsetTop - 60) });
    });
    for (const link of links) {
      link.addEventListener("click", () => {
        select.value = "";
        select.dispatchEvent(new Event("change"));
      });
    }
  }

  // Only inside a cluster, so that no other use of the letters is in the way.
  document.querySelector("main").addEventListener("keydown", (event) => {
    const step = { j: 1, k: -1 }[event.key];
    const here = event.target.closest("section");
    if (!step || !here || event.ctrlKey || event.metaKey || event.altKey) return;
    const there = sections.filter((s) => !s.hidden || s === here);
    const next = there[there.indexOf(here) + step];
    if (next) next.querySelector("h2 a").focus();
  });
})();
