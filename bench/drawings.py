"""A run of `./dev bench` as SVG: CPU per message as bars, CPU by number of members as lines, latencies as spans."""
import html
import math

from report import CPU, middle

WIDTH, LEFT, RIGHT, ROW, GAP = 860, 190, 170, 17, 30
CUT = 4  # a bar is cut at so many times ours, because the other bars would be too short to see
COLOURS = ("#2f6f8f", "#c9b28b", "#b5543c", "#6b8f4e", "#7d5ba6", "#c08a2d", "#4f8f8a", "#888")
TEXT, GRID = "#333", "#ddd"


def names(run):
    """Returns the names of all servers, each once, in the order of the table."""
    return list(dict.fromkeys(server["name"] for case in run["cases"] for server in case["servers"] if server["samples"]))


def colours(run):
    return {name: COLOURS[min(i, len(COLOURS) - 1)] for i, name in enumerate(names(run))}


def text(x, y, words, **attributes):
    more = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in attributes.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{html.escape(words)}</text>'


def line(x1, y1, x2, y2, colour=GRID, width=1):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def page(title, height, parts):
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" font-family="sans-serif" font-size="12" '
            f'fill="{TEXT}">',
            f"<title>{html.escape(title)}</title>", f'<rect width="{WIDTH}" height="{height:.0f}" fill="#fff"/>')
    return "\n".join([*head, *parts, "</svg>", ""])


def measured(run, field):
    """Yields the cases with the servers that have the figure."""
    for case in run["cases"]:
        rows = [server for server in case["servers"] if middle(server["samples"], field) is not None]
        if rows and case["mode"] != "idle":
            yield case, rows


def label(server):
    return server["name"] + (f" ({server['note']})" if server["note"] else "")


def cpu(run):
    """Draws one block per case, each with its own scale, because an echo and a handshake have none in common."""
    colour, parts, y = colours(run), [], 24
    for case, rows in measured(run, CPU):
        figures = [middle(row["samples"], CPU) for row in rows]
        most = min(max(figures), CUT * figures[0]) or 1
        parts.append(text(8, y, f"{case['case']}: us per {case['counted']}", font_weight="bold"))
        for row, figure in zip(rows, figures):
            y += ROW
            width = (WIDTH - LEFT - RIGHT) * min(figure / most, 1)
            parts += [text(LEFT - 6, y, label(row), text_anchor="end"),
                      f'<rect x="{LEFT}" y="{y - 11}" width="{width:.1f}" height="13" fill="{colour[row["name"]]}"/>',
                      text(LEFT + width + 6, y, f"{figure:,.2f}{', cut' * (figure > most)}")]
        y += GAP
    return page("CPU of the server per message", y, parts)


def nice(top):
    """Returns the smallest round number that is not less than `top`, and a quarter of which is round too."""
    power = 10 ** math.floor(math.log10(top))
    return next(factor * power for factor in (1, 1.2, 1.6, 2, 3, 4, 6, 8, 10) if factor * power >= top * 0.999)


def members(run):
    """Draws the cases that differ only in their members: CPU per delivery by number of members."""
    cases = [case for case in run["cases"] if case["members"]]
    colour, bottom, top, right = colours(run), 320, 40, WIDTH - RIGHT
    points = {name: [(case["members"], middle(server["samples"], CPU)) for case in cases for server in case["servers"]
                     if server["name"] == name and server["samples"]] for name in names(run)}
    points = {name: of for name, of in points.items() if of}
    if not points:
        return page("CPU of the server per delivery, by number of members: not measured", 60, [text(LEFT, 30, "not measured")])
    counts = [case["members"] for case in cases]
    most = nice(max(figure for of in points.values() for _, figure in of) or 1)
    least, span = math.log10(min(counts)), max(math.log10(max(counts) / min(counts)), 1e-9)
    left = 60

    def x(count):
        return left + (right - left) * (math.log10(count) - least) / span

    def height(figure):
        return bottom - (bottom - top) * figure / most

    parts = [text(8, 20, "CPU of the server per delivery, us, by number of members of the relay", font_weight="bold")]
    for share in (0, 0.25, 0.5, 0.75, 1):
        at = height(share * most)
        parts += [line(left, at, right, at), text(left - 6, at + 4, f"{share * most:g}", text_anchor="end")]
    parts += [text(x(count), bottom + 18, f"{count:,}", text_anchor="middle") for count in counts]
    for number, (name, of) in enumerate(points.items()):
        path = " ".join(f"{x(count):.1f},{height(figure):.1f}" for count, figure in of)
        parts += [f'<polyline points="{path}" fill="none" stroke="{colour[name]}" stroke-width="2"/>',
                  *(f'<circle cx="{x(count):.1f}" cy="{height(figure):.1f}" r="3.5" fill="{colour[name]}"/>' for count, figure in of),
                  f'<rect x="{right + 14}" y="{top + 20 * number - 10}" width="12" height="12" fill="{colour[name]}"/>',
                  text(right + 32, top + 20 * number, name)]
    return page("CPU of the server per delivery, by number of members", bottom + 34, parts)


def latency(run):
    """Draws p50, p99 and p99.9 of each server in each case, all on one scale of powers of ten."""
    fields = ("p50_us", "p99_us", "p999_us")
    cases = list(measured(run, "p50_us"))
    if not cases:
        return page("Latencies: not measured", 60, [text(LEFT, 30, "not measured")])
    figures = [middle(row["samples"], field) for _, rows in cases for row in rows for field in fields]
    low, high = math.floor(math.log10(max(min(figures), 1))), math.ceil(math.log10(max(figures)) + 1e-9)
    colour, parts, y = colours(run), [], 44

    def x(figure):
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(max(figure, 1)) - low) / max(high - low, 1)

    for case, rows in cases:
        parts.append(text(8, y, case["case"], font_weight="bold"))
        for row in rows:
            y += ROW
            at = [middle(row["samples"], field) for field in fields]
            parts += [text(LEFT - 6, y, label(row), text_anchor="end"), line(x(at[0]), y - 4, x(at[2]), y - 4, colour[row["name"]], 3),
                      *(f'<circle cx="{x(figure):.1f}" cy="{y - 4}" r="{radius}" fill="{colour[row["name"]]}"/>'
                        for figure, radius in zip(at, (5, 3.5, 3.5))),
                      text(WIDTH - RIGHT + 36, y, " / ".join(f"{figure / 1000:,.2f}" for figure in at))]
        y += GAP
    grid = [part for power in range(low, high + 1)
            for part in (line(x(10 ** power), 28, x(10 ** power), y - GAP + 6),
                         text(x(10 ** power), 20, f"{10 ** power / 1000:,g} ms", text_anchor="middle"))]
    parts.append(text(WIDTH - RIGHT + 36, 20, "p50 / p99 / p99.9", font_weight="bold"))
    return page("Latencies of a message: p50, p99, p99.9", y, grid + parts)
