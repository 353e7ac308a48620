"use strict";
// Plays the story that the server has drawn, and follows it live. Each step names who speaks to whom; up to the current
// one they are lit. Without this script everything is there, lit as it stands.
(() => {
  const SHOWN = 3200, FLIGHT = 900, EVERY = 3000, CALM = 30000, SLOWEST = 60000;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const wide = matchMedia("(min-width: 60rem)");
  const COME = ["done", "now", "trouble"], STATES = [...COME, "waiting", "skipped"];
  let story = document.getElementById("story");
  let at = -1, timer = 0, flight = 0;
  let etag = "", delay = EVERY, timerOfNews = 0, looking = false, again = false, line = null;

  const all = (selector) => [...story.querySelectorAll(selector)];
  const steps = () => all(".step");
  const ends = (step) => [step.dataset.start, step.dataset.end];
  const wireOf = (step) => ends(step).sort().join("-");
  const stateOf = (step) => STATES.find((state) => step.classList.contains(`step-${state}`));
  const caption = () => story.querySelector("#caption");
  const player = () => story.querySelector("#player");
  const playing = () => player().classList.contains("playing");
  const speed = () => Number(story.querySelector("[data-speed]").value);

  const paint = (element, kind, state) => {
    for (const one of STATES) element.classList.toggle(`${kind}-${one}`, one === state);
  };

  // The last of them that came about; trouble that nobody dated is not over.
  const standing = (found) => {
    const come = found.filter((step) => COME.includes(stateOf(step)));
    if (come.some((step) => stateOf(step) === "trouble" && !step.querySelector("time"))) return "trouble";
    return come.length ? stateOf(come[come.length - 1]) : "waiting";
  };

  // Light what the first steps have reached, and show who speaks in the last of them.
  const light = (count) => {
    const reached = steps().slice(0, count);
    for (const wire of all(".wire")) {
      paint(wire, "wire", standing(reached.filter((step) => wireOf(step) === wire.dataset.wire)));
    }
    for (const figure of all(".actor")) {
      const mine = reached.filter((step) => ends(step).includes(figure.dataset.actor));
      paint(figure, "actor", standing(mine));
    }
    const known = reached.map((step) => step.id.slice("step-".length));
    for (const said of all("[data-said]")) said.toggleAttribute("hidden", !known.includes(said.dataset.said));
  };

  const speak = (step) => {
    for (const figure of all(".actor")) {
      figure.classList.toggle("speaks", Boolean(step) && ends(step).includes(figure.dataset.actor));
    }
    for (const one of steps()) {
      one.classList.toggle("current", one === step);
      if (one === step) one.setAttribute("aria-current", "step"); else one.removeAttribute("aria-current");
    }
  };

  const land = () => {
    cancelAnimationFrame(flight);
    story.querySelector(".coin").toggleAttribute("hidden", true);
  };

  // Let a coin run along the wire from who speaks to who listens.
  const fly = (step) => {
    land();
    const wire = all(".wire").find((one) => one.dataset.wire === wireOf(step));
    const state = stateOf(step);
    if (!wire || still.matches || state === "skipped" || state === "waiting") return;
    const path = wire.querySelector("path"), coin = story.querySelector(".coin"), length = path.getTotalLength();
    const backwards = !wireOf(step).startsWith(step.dataset.start), began = performance.now();
    coin.classList.toggle("bad", state === "trouble");
    coin.toggleAttribute("hidden", false);
    const move = (now) => {
      const part = Math.min((now - began) * speed() / FLIGHT, 1);
      const point = path.getPointAtLength(length * (backwards ? 1 - part : part));
      coin.setAttribute("cx", point.x);
      coin.setAttribute("cy", point.y);
      if (part < 1) flight = requestAnimationFrame(move); else land();
    };
    flight = requestAnimationFrame(move);
  };

  const tell = (step) => {
    const title = document.createElement("strong"), text = document.createElement("span");
    title.textContent = step.querySelector("h2").textContent.replace(/\s+/g, " ").trim();
    text.textContent = step.querySelector(":scope > p:not(.when)").textContent;
    caption().replaceChildren(title, text);
    caption().hidden = false;
  };

  const show = (index) => {
    at = Math.max(0, Math.min(index, steps().length - 1));
    const step = steps()[at];
    light(at + 1);
    speak(step);
    tell(step);
    fly(step);
    if (wide.matches) step.scrollIntoView({ block: "nearest", behavior: still.matches ? "auto" : "smooth" });
  };

  const pause = () => {
    clearTimeout(timer);
    player().classList.remove("playing");
    player().querySelector('[data-do="play"] span').textContent = player().dataset.play;
  };

  const next = () => {
    if (at >= steps().length - 1) { pause(); return; }
    show(at + 1);
    timer = setTimeout(next, SHOWN / speed());
  };

  const play = () => {
    if (at >= steps().length - 1) at = -1;
    player().classList.add("playing");
    player().querySelector('[data-do="play"] span').textContent = player().dataset.pause;
    next();
  };

  const act = (what) => {
    if (what === "play") { if (playing()) pause(); else play(); return; }
    pause();
    show(what === "on" ? at + 1 : at < 0 ? 0 : at - 1);
  };

  const wire = () => {
    player().hidden = false;
    for (const button of all("[data-do]")) button.addEventListener("click", () => act(button.dataset.do));
    player().addEventListener("keydown", (event) => {
      const what = { ArrowRight: "on", ArrowLeft: "back" }[event.key];
      if (!what || event.target.tagName === "SELECT") return;
      event.preventDefault();
      act(what);
    });
  };

  // News: put the new drawing in place of the old one and play what has come about since.
  const redraw = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("story");
    const before = new Map(steps().map((step) => [step.id, step.className.replace(/ (current|fresh)/g, "")]));
    const open = all("details[open]").map((details) => details.closest(".step").id);
    const focused = document.activeElement?.dataset.do;
    pause();
    land();
    story.replaceWith(fresh);
    story = fresh;
    wire();
    for (const id of open) story.querySelector(`#${id} details`)?.setAttribute("open", "");
    if (focused) story.querySelector(`[data-do="${focused}"]`).focus();
    const changed = steps().filter((step) => before.get(step.id) !== step.className);
    for (const step of changed) step.classList.add("fresh");
    const last = changed.filter((step) => COME.includes(stateOf(step))).pop();
    if (last) { speak(last); tell(last); fly(last); }
    at = -1;
  };

  const ask = async () => {
    const answer = await fetch(story.dataset.news, { headers: etag ? { "If-None-Match": etag } : {} });
    if (answer.status === 304) return;
    if (!answer.ok) throw new Error(answer.statusText);
    const news = await answer.json();
    if (news.tag !== story.dataset.tag) await redraw();
    etag = answer.headers.get("ETag") || "";
  };

  const soon = (wait) => {
    clearTimeout(timerOfNews);
    if (!document.hidden) timerOfNews = setTimeout(look, wait);
  };

  // Looks when the server says so, and besides: seldom while its line is open or nothing is under way.
  const look = async () => {
    if (looking) { again = true; return; }
    looking = true;
    do {
      again = false;
      try { await ask(); delay = EVERY; } catch { delay = Math.min(delay * 2, SLOWEST); }
    } while (again);
    looking = false;
    soon(story.dataset.over === "true" || line?.readyState === EventSource.OPEN ? CALM : delay);
  };

  // A page that nobody sees lets go of its line: a browser has few of them for us.
  const hangUp = () => { line?.close(); line = null; };
  const ring = () => {
    if (line || document.hidden || !story.dataset.events) return;
    line = new EventSource(story.dataset.events);
    line.onmessage = look;
    line.addEventListener("end", () => { hangUp(); look(); });
    line.onerror = () => {
      if (line?.readyState === EventSource.CLOSED) hangUp();
      soon(delay);
    };
  };

  wire();
  if (story.dataset.news) {
    soon(delay);
    ring();
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) { hangUp(); return; }
      look();
      ring();
    });
  }
})();
