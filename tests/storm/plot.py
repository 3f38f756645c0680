"""Draws reconnects over time as SVG: a panel for each restart, with bars of a tenth of a second."""
import html

STEP_S = 0.1
WIDTH, PANEL, LEFT, RIGHT, TOP, GAP = 860, 170, 64, 16, 30, 62
TRIED, BACK, AWAY, TEXT, GRID = "#c9b28b", "#2f6f8f", "#f1e3e0", "#333", "#ddd"


def bins(times, count):
    result = [0] * count
    for at in times:
        result[min(count - 1, max(0, int(at / STEP_S)))] += 1
    return result


def nice(top):
    """Returns the smallest of 1, 2, 5, 10, .. that is not less."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if factor * step >= top:
                return factor * step
        step *= 10


def panel(row, top, seconds):
    count = int(seconds / STEP_S)
    width, back, tried = (WIDTH - LEFT - RIGHT) / seconds, bins(row["back"], count), bins(row["tried"], count)
    most = nice(max(back + tried))
    bottom = top + PANEL

    def x(at):
        return LEFT + at * width

    def bar(index, value, colour):
        height = PANEL * value / most
        return (f'<rect x="{x(index * STEP_S):.1f}" y="{bottom - height:.1f}" width="{max(1, width * STEP_S - 0.5):.1f}" '
                f'height="{height:.1f}" fill="{colour}"/>')

    away = f'<rect x="{x(0):.1f}" y="{top}" width="{max(1.5, x(row["listening_s"]) - x(0)):.1f}" height="{PANEL}" fill="{AWAY}"/>'
    parts = [f'<text x="{LEFT}" y="{top - 9}" font-weight="bold">{html.escape(row["what"])}: all back after '
             f'{row["all_back_s"]:.1f} s, p99 of a welcome {1000 * row["accept_p99_s"]:,.0f} ms</text>', away]
    for value in (0, most // 2, most):
        y = bottom - PANEL * value / most
        parts += [f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GRID}"/>',
                  f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,}</text>']
    parts += [bar(i, value, TRIED) for i, value in enumerate(tried) if value]
    parts += [bar(i, value, BACK) for i, value in enumerate(back) if value]
    every = max(1, round(seconds / 12))
    parts += [f'<text x="{x(at):.1f}" y="{bottom + 16}" text-anchor="middle">{at}</text>' for at in range(0, int(seconds) + 1, every)]
    return "\n".join(parts)


def draw(clients, rounds):
    height = TOP + len(rounds) * (PANEL + GAP) + 30
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12" fill="{TEXT}">',
             f'<title>{clients:,} clients come back to a restarted server</title>', f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>']
    for index, row in enumerate(rounds):
        seconds = max(2, int(max(row["back"])) + 1)
        parts.append(panel(row, TOP + index * (PANEL + GAP), seconds))
    parts.append(f'<text x="{LEFT}" y="{height - 14}">Clients in 0.1 s, over the seconds since the server was ended: '
                 f'<tspan fill="{BACK}" font-weight="bold">back and authenticated</tspan>, '
                 f'<tspan fill="{TRIED}" font-weight="bold">attempts</tspan>; shaded: no server</text>')
    return "\n".join(parts + ["</svg>", ""])
