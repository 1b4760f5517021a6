"use strict";
(() => {
  const one = (query, within = document) => within.querySelector(query);
  const all = (query, within = document) => [...within.querySelectorAll(query)];
  const clock = (at) => `${Math.floor(at / 60)}:${(at % 60).toFixed(2).padStart(5, "0")}`;
  const film = one("#film");
  const plays = (video) => { const told = video.play(); if (told) told.catch(() => {}); };
  one(".filters").hidden = false;

  // What is not seen at once comes packed: the whole of each card, then the ledger; escaped where it was written.
  const unpacked = (async () => {
    const bytes = Uint8Array.from(atob(one("#packed").textContent), (char) => char.charCodeAt(0));
    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return (await new Response(plain).text()).split("\u001e");
  })();
  const cards = all(".shot");
  const fill = (place, html) => {
    const parts = document.createElement("template");
    parts.innerHTML = html;
    place(parts.content);
  };
  const whole = (card, parts) => {
    if (card.classList.contains("whole")) return;
    card.classList.add("whole");
    fill((content) => { one(".takes", card).replaceWith(one(".takes", content)); one(".words", card).replaceWith(one(".words", content)); }, parts[cards.indexOf(card)]);
  };
  unpacked.then((parts) => {
    one("#short").hidden = true;
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) { seen.unobserve(entry.target); whole(entry.target, parts); }
    }, {rootMargin: "100%"});
    for (const card of cards) seen.observe(card);
    // The others one by one while nothing else is to do, so that all can be found and printed.
    const rest = [...cards];
    const idle = window.requestIdleCallback || ((work) => setTimeout(() => work({timeRemaining: () => 8}), 50));
    const more = (time) => {
      do { const card = rest.shift(); if (card) whole(card, parts); } while (rest.length && time.timeRemaining() > 6);
      if (rest.length) idle(more); else fill((content) => one("#calls").replaceChildren(content), parts.at(-1));
    };
    idle(more);
    addEventListener("beforeprint", () => { for (const card of cards) whole(card, parts); });
  }, () => {});

  // One film sounds at a time.
  document.addEventListener("play", (event) => {
    if (event.target.closest("dialog")) return;
    for (const video of all("main video")) if (video !== event.target) video.pause();
  }, true);

  // A take becomes a player when it is asked for: two hundred players would each load something.
  const player = (take) => {
    const link = one("a.play", take);
    if (!link) return one("video", take);
    const video = document.createElement("video");
    Object.assign(video, {controls: true, playsInline: true, preload: "auto", src: link.href});
    const picture = one("img", link);
    if (picture) { video.poster = picture.src; video.setAttribute("aria-label", picture.alt); }
    video.addEventListener("play", () => one("svg", take).replaceChildren());
    link.replaceWith(video);
    return video;
  };
  const seek = (video, seconds) => {
    const go = () => { video.currentTime = seconds; };
    if (video.readyState) go(); else { video.addEventListener("loadedmetadata", go, {once: true}); video.load(); }
  };
  const outline = (figure, box) => {
    const svg = one("svg", figure);
    svg.replaceChildren();
    if (!box) return;
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    box.split(" ").forEach((value, at) => rect.setAttribute(["x", "y", "width", "height"][at], value));
    svg.append(rect);
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.play");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      const take = link.closest(".take"), video = player(take);
      if (Number(take.dataset.start)) seek(video, Number(take.dataset.start));
      plays(video);
      video.focus();
      return;
    }
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches(".strip button")) seek(player(button.closest(".take")), Number(button.dataset.seconds));
    if (button.matches(".mark")) {
      const figure = button.closest("figure"), shown = button.getAttribute("aria-pressed") === "true";
      for (const other of all(".mark", figure)) other.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-pressed", String(!shown));
      if (!shown && button.dataset.seconds && figure.matches(".take")) {
        const video = player(figure);
        video.pause();
        seek(video, Number(button.dataset.seconds));
      }
      outline(figure, shown ? "" : button.dataset.box);
    }
    if (button.dataset.filmAt) { seek(film, Number(button.dataset.filmAt)); film.scrollIntoView({block: "center"}); plays(film); film.focus({preventScroll: true}); }
    if (button.dataset.filter !== undefined) choose(button.dataset.filter);
    if (button.dataset.compare) compare(one(`#${button.dataset.compare}`));
  });

  // Filters.
  const choose = (name) => {
    const shots = all(".shot");
    for (const shot of shots) shot.hidden = Boolean(name) && !shot.dataset.tags.split(" ").includes(name);
    for (const button of all("[data-filter]")) button.setAttribute("aria-pressed", String(button.dataset.filter === name));
    one("#told").textContent = `${shots.filter((shot) => !shot.hidden).length} of ${shots.length} shots shown`;
  };

  // The timeline: arrows move along it, a block leads to its card, the head follows the film.
  const blocks = all("#blocks a"), head = one("#head");
  one("#blocks").addEventListener("keydown", (event) => {
    const at = blocks.indexOf(document.activeElement);
    const to = {ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: blocks.length - 1}[event.key];
    if (to === undefined || at < 0 || !blocks[to]) return;
    event.preventDefault();
    blocks[to].focus();
  });
  for (const block of blocks) block.title = block.getAttribute("aria-label");
  for (const block of blocks) block.addEventListener("click", () => {
    const shot = one(block.getAttribute("href"));
    if (shot.hidden) choose("");
    requestAnimationFrame(() => shot.focus({preventScroll: true}));
  });
  film.addEventListener("timeupdate", () => {
    if (!film.duration) return;
    head.hidden = false;
    head.style.left = `${100 * film.currentTime / film.duration}%`;
    const now = blocks.findLast((block) => block.parentElement.offsetLeft <= head.offsetLeft);
    for (const block of blocks) block.classList.toggle("now", block === now);
  });

  // Two takes side by side, played together: the left one leads.
  const dialog = one("#compare"), left = one("#film-a"), right = one("#film-b"), slider = one("#compare-at");
  const choices = [one("#compare-a"), one("#compare-b")], go = one("#compare-play"), sound = one("#compare-sound");
  const FRAME = 1 / 24, DRIFT = 0.15;
  const both = [left, right];
  const lead = () => (right.duration > left.duration ? right : left);
  const tell = () => { one("#compare-clock").textContent = `${clock(Number(slider.value))} / ${clock(Number(slider.max))}`; };
  const move = (at) => { for (const video of both) video.currentTime = Math.min(at, video.duration || at); slider.value = at; tell(); };
  const halt = () => { for (const video of both) { video.pause(); video.playbackRate = 1; } go.textContent = "Play"; };
  const follow = () => {
    if (lead().paused) { if (lead().ended) halt(); return; }
    const other = lead() === left ? right : left, drift = other.currentTime - lead().currentTime;
    if (!other.ended && Math.abs(drift) > DRIFT) other.currentTime = lead().currentTime;
    other.playbackRate = 1 - Math.max(-0.1, Math.min(0.1, drift));
    slider.value = lead().currentTime;
    tell();
    requestAnimationFrame(follow);
  };
  const load = () => {
    halt();
    both.forEach((video, at) => { const chosen = choices[at].selectedOptions[0]; video.src = chosen.value; video.poster = chosen.dataset.poster; });
    slider.value = 0;
  };
  const compare = (shot) => {
    const takes = all(".take", shot);
    choices.forEach((choice, at) => {
      choice.replaceChildren(...takes.map((take) => {
        const option = document.createElement("option"), film = one("a.play", take) || one("video", take);
        option.value = film.href || film.src;
        option.textContent = take.dataset.name;
        option.dataset.poster = film.poster || one("img", take)?.src || "";
        return option;
      }));
      choice.selectedIndex = at && Math.max(1, takes.findIndex((take) => take.dataset.tier !== takes[0].dataset.tier));
    });
    one("#compare-title").textContent = `Compare takes of ${shot.id}`;
    for (const video of all("main video")) video.pause();
    load();
    dialog.showModal();
  };
  for (const video of both) video.addEventListener("loadedmetadata", () => { slider.max = lead().duration || 1; tell(); });
  for (const choice of choices) choice.addEventListener("change", load);
  go.addEventListener("click", async () => {
    if (!lead().paused) { halt(); return; }
    move(lead().ended ? 0 : Number(slider.value));
    go.textContent = "Pause";
    await Promise.allSettled(both.map((video) => video.play()));
    requestAnimationFrame(follow);
  });
  slider.addEventListener("input", () => { halt(); move(Number(slider.value)); });
  one("#compare-back").addEventListener("click", () => { halt(); move(Math.max(0, Number(slider.value) - FRAME)); });
  one("#compare-on").addEventListener("click", () => { halt(); move(Math.min(Number(slider.max), Number(slider.value) + FRAME)); });
  sound.addEventListener("click", () => {
    left.muted = !left.muted;
    right.muted = !left.muted;
    sound.textContent = left.muted ? "Sound: right" : "Sound: left";
  });
  one("#compare-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => { halt(); for (const video of both) video.removeAttribute("src"); });
})();
