/* Reads out a chart under the pointer or by arrow keys, and chooses days of an overlay. Adds to a
   report that is complete without it; sets no style and evaluates nothing. */
"use strict";

(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const KEYS = { ArrowLeft: -5, ArrowRight: 5, Home: -1e6, End: 1e6 };
  // How far a reading may be from the crosshair to be read out [min].
  const NEAR = { average: 20, mean: 30, meter: 8, sensor: 8 };

  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  const add = (parent, name, text, className) => {
    const element = document.createElement(name);
    if (text) element.textContent = text;
    if (className) element.className = className;
    parent.append(element);
    return element;
  };

  const sample = (parent, className) => {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 24 4");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", "M1 2H23");
    path.setAttribute("class", className);
    svg.append(path);
    parent.append(svg);
  };

  const clockText = (minute, is24h) => {
    const whole = ((Math.round(minute) % 1440) + 1440) % 1440;
    const hour = Math.floor(whole / 60);
    const rest = String(whole % 60).padStart(2, "0");
    if (is24h) return `${String(hour).padStart(2, "0")}:${rest}`;
    return `${hour % 12 || 12}:${rest} ${hour < 12 ? "am" : "pm"}`;
  };

  const timeText = (minute, panel, data) => {
    if (panel.x[0] < 0) {
      const whole = Math.round(minute);
      const side = whole < 0 ? "before" : "after";
      return whole === 0 ? "At the meal" : `${Math.abs(whole)} min ${side} the meal`;
    }
    const lived = (data.clock || [[0, 0]]).filter((pair) => pair[0] <= minute).pop() || [0, 0];
    return clockText(minute - lived[0] + lived[1], data.clock_24h !== false);
  };

  const near = (series, minute, reach) => {
    const found = series.minutes
      .map((at, index) => [Math.abs(at - minute), series.values[index]])
      .filter((pair) => pair[0] <= reach);
    return found.sort((a, b) => a[0] - b[0]).map((pair) => pair[1]);
  };

  const readings = (panel, data, minute, isHidden) => {
    const shown = (value) => (data.unit === "mmol/L" ? value.toFixed(1) : String(value));
    const rows = [];
    for (const day of panel.days || []) {
      if (isHidden(day.day)) continue;
      const [value] = near(day, minute, 8);
      rows.push([day.label, value === undefined ? "—" : shown(value), `g-day-${day.n}`]);
    }
    for (const trace of panel.traces || []) {
      const [value] = near(trace, minute, 8);
      if (value !== undefined) rows.push([trace.label, shown(value), "g-trace"]);
    }
    const roles = { average: "Average", mean: "Mean", sensor: "Sensor", meter: "Meter" };
    for (const [role, label] of Object.entries(roles)) {
      const values = panel[role] ? near(panel[role], minute, NEAR[role]) : [];
      const many = role === "meter" ? values : values.slice(0, 1);
      if (many.length) rows.push([label, many.map(shown).join(", "), ""]);
      else if (role === "sensor" && panel.sensor) rows.push([label, "no reading", ""]);
    }
    return rows;
  };

  const happenings = (data, minute) => {
    const rows = [];
    const step = (data.basal || []).find((each) => each[0] <= minute && minute < each[1]);
    if (step) rows.push(["Basal", step[2] === null ? "not known" : `${step[2]} U/h`]);
    for (const event of data.events || []) {
      if (Math.abs(event.minute - minute) <= 8) rows.push(["", event.text]);
    }
    return rows;
  };

  const crosshair = (figure, data) => {
    const plot = figure.querySelector(".r-plot");
    const panels = (data.panels || [data]).filter((panel) => panel.x && panel.plot);
    if (!panels.length) return;
    const output = document.createElement("output");
    output.className = "r-readout";
    plot.after(output);
    let active = 0;
    let minute = null;

    const visible = () => {
      const box = [...plot.children].find((child) => child.getClientRects().length);
      return [box.querySelector("svg"), box.className === "r-wide" ? "wide" : "compact"];
    };
    const isHidden = (day) => {
      const box = figure.querySelector(`.r-days [data-day="${day}"]`);
      return Boolean(box) && !box.checked;
    };
    const write = () => {
      const panel = panels[active];
      output.replaceChildren();
      add(output, "b", (panel.title ? `${panel.title}, ` : "") + timeText(minute, panel, data));
      for (const [label, text, line] of readings(panel, data, minute, isHidden)) {
        const item = add(output, "span");
        if (line) sample(item, line);
        item.append(`${label} `);
        add(item, "strong", text);
        output.append(" ");
      }
      add(output, "span", data.unit, "r-unit");
      for (const [label, text] of happenings(data, minute)) {
        output.append(" ");
        add(output, "span", label ? `${label} ${text}` : text);
      }
    };
    const draw = () => {
      for (const old of plot.querySelectorAll(".r-cross")) old.remove();
      if (minute === null) return;
      const [svg, size] = visible();
      const panel = panels[active];
      const [left, right, top, bottom] = panel.plot[size];
      const x = left + ((minute - panel.x[0]) / (panel.x[1] - panel.x[0])) * (right - left);
      const line = document.createElementNS(SVG, "line");
      const ends = { x1: x, x2: x, y1: top, y2: (data.foot || {})[size] || bottom };
      for (const [name, value] of Object.entries(ends)) line.setAttribute(name, value);
      line.setAttribute("class", "r-cross g-marker");
      svg.append(line);
    };
    const show = (next, live) => {
      const [start, end] = panels[active].x;
      const wanted = clamp(Math.round(next / 5) * 5, start, end);
      if (wanted === minute && live === "off") return;
      minute = wanted;
      output.setAttribute("aria-live", live);
      write();
      draw();
    };
    const hide = () => {
      minute = null;
      output.setAttribute("aria-live", "off");
      output.replaceChildren();
      add(output, "span", "Point at the chart or use the arrow keys to read it out.", "r-unit");
      draw();
    };
    const point = (event) => {
      const [svg, size] = visible();
      const box = svg.getBoundingClientRect();
      const unit = svg.viewBox.baseVal.width / box.width;
      const x = (event.clientX - box.left) * unit;
      const y = (event.clientY - box.top) * unit;
      const distance = ({ plot: edges }) => {
        const [left, right, top, bottom] = edges[size];
        return Math.abs(x - clamp(x, left, right)) + Math.abs(y - clamp(y, top, bottom));
      };
      const nearest = panels.reduce((best, each) => (distance(each) < distance(best) ? each : best));
      if (panels[active] !== nearest) {
        active = panels.indexOf(nearest);
        minute = null;
      }
      const [left, right] = nearest.plot[size];
      const [start, end] = nearest.x;
      show(start + ((x - left) / (right - left)) * (end - start), "off");
    };
    const press = (event) => {
      if (event.key === "Escape") return hide();
      if (event.altKey || event.ctrlKey || event.metaKey) return undefined;
      const turn = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      const step = KEYS[event.key];
      if (turn && panels.length > 1) {
        active = clamp(active + turn, 0, panels.length - 1);
        minute = null;
      } else if (!step) return undefined;
      event.preventDefault();
      const [start, end] = panels[active].x;
      const from = minute === null ? (start < 0 ? 0 : (start + end) / 2) : minute;
      show(from + (step || 0) * (event.shiftKey ? 12 : 1), "polite");
      return undefined;
    };

    plot.tabIndex = 0;
    plot.setAttribute("role", "group");
    plot.setAttribute(
      "aria-label",
      "Chart. Left and right arrow keys read it out in steps of 5 minutes, with Shift of an hour" +
        (panels.length > 1 ? "; up and down change the panel." : "."),
    );
    plot.addEventListener("pointermove", point);
    plot.addEventListener("pointerdown", point);
    plot.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hide());
    plot.addEventListener("keydown", press);
    figure.addEventListener("change", () => minute !== null && write());
    hide();
  };

  const days = (figure) => {
    const boxes = [...figure.querySelectorAll(".r-days input")];
    if (!boxes.length) return;
    const apply = () => {
      for (const box of boxes) {
        for (const line of figure.querySelectorAll(`.g-day[data-day="${box.dataset.day}"]`)) {
          line.classList.toggle("is-hidden", !box.checked);
        }
      }
    };
    const choose = figure.querySelector(".r-choose");
    choose.hidden = false;
    figure.querySelector(".r-days").hidden = false;
    for (const button of choose.children) {
      const wanted = button.dataset.choose;
      const fits = (box) => wanted === "all" || box.dataset.weekend === wanted;
      button.hidden = !boxes.some(fits);
      button.addEventListener("click", () => {
        for (const box of boxes) box.checked = fits(box);
        boxes[0].dispatchEvent(new Event("change", { bubbles: true }));
      });
    }
    figure.addEventListener("change", apply);
    apply();
  };

  const start = () => {
    for (const figure of document.querySelectorAll(".r-figure:not([data-ready])")) {
      figure.dataset.ready = "";
      days(figure);
      const source = figure.querySelector(".chart-data");
      if (source) crosshair(figure, JSON.parse(source.textContent));
    }
  };

  start();
  document.addEventListener("htmx:load", start);
})();
