// Draws the charts that the page names, and follows the figures while the page is in view.
"use strict";

const FIGURES_EVERY_MS = 5000;
const CHARTS_AT_MOST_EVERY_MS = 20000;

async function draw(figure) {
  const plot = figure.querySelector(".plot");
  if (!plot.firstChild) plot.textContent = plot.dataset.waits;
  try {
    const answer = await fetch(figure.dataset.chart);
    if (!answer.ok) throw new Error(`${figure.dataset.chart}: ${answer.status}`);
    const spec = await answer.json();
    if (spec.usermeta && spec.usermeta.empty) {
      plot.textContent = plot.dataset.empty;
      return;
    }
    const drawn = await window.vegaEmbed(plot, spec, {
      mode: "vega-lite",
      ast: true,
      actions: false,
      renderer: figure.dataset.renderer,
      defaultStyle: false,
      tooltip: { disableDefaultStyle: true },
    });
    if (figure.drawn) figure.drawn.finalize();
    figure.drawn = drawn;
    figure.dataset.drawn = "true";
  } catch (error) {
    plot.textContent = plot.dataset.failed;
    figure.dataset.drawn = "false";
    console.error(error);
  }
}

async function drawAll() {
  for (const figure of document.querySelectorAll("figure[data-chart]")) await draw(figure);
}

function follow(live) {
  let drawnAt = performance.now();
  let drawnOf = live.dataset.statement;

  async function look() {
    if (document.visibilityState !== "visible") return;
    const answer = await fetch(live.dataset.address, { cache: "no-cache" });
    if (!answer.ok) return;
    const text = await answer.text();
    if (text !== live.lastText) {
      const open = live.querySelector("details.notes[open]") !== null;
      live.innerHTML = text;
      if (open && live.querySelector("details.notes")) live.querySelector("details.notes").open = true;
      live.lastText = text;
    }
    const statement = answer.headers.get("Meterproof-Statement");
    if (statement !== drawnOf && performance.now() - drawnAt > CHARTS_AT_MOST_EVERY_MS) {
      drawnOf = statement;
      drawnAt = performance.now();
      await drawAll();
    }
  }

  async function again() {
    try {
      await look();
    } catch (error) {
      console.warn(error);
    }
    setTimeout(again, FIGURES_EVERY_MS);
  }
  setTimeout(again, FIGURES_EVERY_MS);
}

drawAll();
const live = document.getElementById("live");
if (live) follow(live);
