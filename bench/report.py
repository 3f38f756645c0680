"""What a run has found: figures from samples, goals, and the table.

A run is a dictionary, as in build/bench.json: `cases`, each with its `servers`, each with `samples` of the load generator (in
the order of the rounds), or with the `reason` why there are none.
"""
import statistics

from cases import FLOOR, OURS, Figure, Growth, Ratio

CPU = "cpu_us_per_message"
HEAD = ("| case | server | CPU, us | relative to the floor (least to most) | p50, us | p99, us | p99.9, us | bytes | memory, MB | goal |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|---|")


def middle(samples, field):
    """Returns the median; None if the load does not have that figure."""
    return statistics.median(sample[field] for sample in samples) if samples and field in samples[0] else None


def server_of(case, name):
    return next((server for server in case["servers"] if server["name"] == name), {"samples": []})


def ratios(samples, others):
    """Returns the ratios of the CPU per message, round by round, without those of a quick sample that ended before the kernel's
    clock of the process moved."""
    return [mine[CPU] / theirs[CPU] for mine, theirs in zip(samples, others) if theirs[CPU]]


def figure_of(goal, case, cases, name=OURS):
    """Returns the figure of our server, or of the server of that name; None if another server that it needs is not there."""
    ours = server_of(case, name)["samples"]
    if isinstance(goal, Figure):
        return middle(ours, goal.field)
    if isinstance(goal, Ratio):
        others = server_of(case, goal.to)["samples"]
    else:
        others = next((server_of(other, name)["samples"] for other in cases if other["case"] == goal.case), [])
    found = ratios(ours, others)
    return statistics.median(found) if found else None


def judge(alternatives, case, cases):
    """Returns a goal with its result, for the report.  `met` is None if that cannot be told."""
    figures = [figure_of(goal, case, cases) for goal in alternatives]
    told = [figure <= goal.most for goal, figure in zip(alternatives, figures) if figure is not None]
    # If more members cost the kernel more, they cost the floor more too.
    floors = [figure_of(goal, case, cases, FLOOR) if isinstance(goal, Growth) else None for goal in alternatives]
    return {"words": ", or ".join(goal.words() for goal in alternatives), "figures": figures, "floors": floors,
            "met": True if any(told) else False if len(told) == len(figures) else None,
            "digits": [3 if not isinstance(goal, Figure) else 1 if goal.most < 100 else 0 for goal in alternatives]}


def number(value, digits=0):
    return "-" if value is None else f"{value:,.{digits}f}"


def goal_words(goal):
    if goal["met"] is None:
        return f"{goal['words']}: not told"
    came = []
    for figure, floor, digits in zip(goal["figures"], goal["floors"], goal["digits"]):
        if figure is not None:
            came.append(number(figure, digits) + (f"; the floor {number(floor, digits)}" if floor is not None else ""))
    return f"{goal['words']}: {'met' if goal['met'] else '**missed**'} ({' and '.join(came)})"


def bytes_words(samples):
    """For messages, the bytes that the server sent; for idle connections, the bytes that it holds."""
    held = middle(samples, "bytes_per_connection")
    return f"{held:,.0f} held" if held is not None else f"{middle(samples, 'bytes_per_message'):,.0f} sent"


def row(case, server):
    samples, name = server["samples"], server["name"] + (f" ({server['note']})" if server["note"] else "")
    first = server["name"] == OURS
    start = f"| {case['case'] if first else ''} | {name} "
    if not samples:
        return start + "| - " * 8 + "|"
    found = ratios(samples, server_of(case, FLOOR)["samples"])
    ratio = f"{statistics.median(found):.3f} ({min(found):.2f} to {max(found):.2f})" if found and server["name"] != FLOOR else "-"
    cells = [number(middle(samples, CPU), 2), ratio, *(number(middle(samples, field)) for field in ("p50_us", "p99_us", "p999_us")),
             bytes_words(samples), number(middle(samples, "memory_after_bytes") / 1e6, 1),
             "; ".join(goal_words(goal) for goal in case["goals"]) if first else ""]
    return start + "| " + " | ".join(cells) + " |"


def table(run):
    lines = list(HEAD)
    for case in run["cases"]:
        lines += [row(case, server) for server in case["servers"]]
    lines += ["", "CPU and bytes sent are per message: per echo, per delivery, per handshake, or per connection that is opened and then held. "
              "Bytes sent are the server’s, without those of TCP and IP. Bytes held, and memory, are the server’s anonymous memory, "
              "without the kernel’s socket buffers."]
    reasons = {}  # each reason once, with all its cases
    for case in run["cases"]:
        for server in case["servers"]:
            if server["reason"]:
                reasons.setdefault((server["name"], server["reason"]), []).append(case["case"])
    if reasons:
        lines += ["", "Why a whole row holds dashes:", ""]
        lines += [f"- {name}, {'; '.join(cases)}: {reason}" for (name, reason), cases in reasons.items()]
    load = run["machine"]["load_average"][0]
    lines += ["", f"Medians of {run['rounds']} round{'s' * (run['rounds'] != 1)}, in which the servers take turns. {run['machine']['cores']} cores, Linux "
              f"{run['machine']['kernel']}, load average {load:.1f} before the run."]
    if run["quick"]:
        lines.append("This was a quick run: it shows that everything works, and measures nothing.")
    elif load > 0.5:
        lines.append("The machine was not idle: compare the ratios, not the microseconds.")
    return "\n".join(lines) + "\n"


def verdict(run):
    """Returns a line for each goal, missed goals first."""
    goals = [(case["case"], goal) for case in run["cases"] for goal in case["goals"]]
    order = {False: 0, None: 1, True: 2}
    return [f"{name}: {goal_words(goal).replace('**', '')}" for name, goal in sorted(goals, key=lambda pair: order[pair[1]["met"]])]
