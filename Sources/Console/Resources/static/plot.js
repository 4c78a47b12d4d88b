// Draws readings with dygraphs where Debian's package is installed; else the picture that came with the page stays.

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function plot(figure) {
  figure.dataset.drawn = "1";
  const Dygraph = window.Dygraph;
  if (!Dygraph) return;
  // Its legend writes inline styles, which the page forbids.
  Dygraph.PLUGINS = Dygraph.PLUGINS.filter((plugin) => plugin !== Dygraph.Plugins.Legend);
  const data = JSON.parse(figure.dataset.plot);
  if (data.points.length < 2) return;
  const limits = data.limits;
  const rows = data.points.map(([time, value]) => [new Date(time), value, ...limits]);
  const chart = document.createElement("div");
  chart.className = "chart";
  chart.setAttribute("role", "img");
  chart.setAttribute("aria-label", figure.querySelector("figcaption").textContent);
  figure.querySelector("svg").replaceWith(chart);
  const zone = new Intl.DateTimeFormat("en-GB", { timeZone: data.zone, hour: "2-digit", minute: "2-digit" });
  const draw = (time) => zone.format(time instanceof Date ? time : new Date(time));
  const values = data.points.map((point) => point[1]).filter((value) => value !== null).concat(limits);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = (high - low || 1) * 0.08;
  new Dygraph(chart, rows, {
    labels: ["t", data.name, ...limits.map((_, number) => data.limit + (number || ""))],
    colors: [css("--water"), ...limits.map(() => css("--p1"))],
    series: Object.fromEntries(limits.map((_, number) => [data.limit + (number || ""), { strokePattern: [6, 4], strokeWidth: 1.5 }])),
    strokeWidth: 2,
    valueRange: [low - margin, high + margin],
    connectSeparatedPoints: false,
    gridLineColor: css("--line"),
    axisLineColor: css("--line"),
    axes: {
      x: { axisLabelFormatter: draw, valueFormatter: draw, pixelsPerLabel: 70 },
      y: { axisLabelWidth: 52, axisLabelFormatter: (value) => `${Number(value.toPrecision(3))}` },
    },
    highlightCircleSize: 4,
    underlayCallback(canvas, area, graph) {
      canvas.save();
      canvas.strokeStyle = css("--dim");
      canvas.fillStyle = css("--dim");
      canvas.font = "11px sans-serif";
      canvas.setLineDash([2, 3]);
      data.moments.forEach(({ at, text }, number) => {
        const x = graph.toDomXCoord(at);
        if (x < area.x || x > area.x + area.w) return;
        canvas.beginPath();
        canvas.moveTo(x, area.y);
        canvas.lineTo(x, area.y + area.h);
        canvas.stroke();
        canvas.fillText(text, Math.min(x + 4, area.x + area.w - canvas.measureText(text).width), area.y + 12 + (number % 3) * 13);
      });
      canvas.restore();
    },
  });
}
