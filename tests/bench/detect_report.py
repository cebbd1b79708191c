# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures of detection, as tables for people and a document for programs."""

import platform

import detect_score as score
from detect_rules import RULES

COLUMNS = "{:<20}{:>6} {:>5}{:>5}{:>5}{:>5} {:>16}{:>17} {:>6}{:>6}{:>6}"
HARMLESS = ("client-desktop", "client-addresses", "client-phone", "passed-client", "printer",
            "passed-printer", "nas", "camera", "camera-provider", "monitor", "monitor-many",
            "newsletter-postfix", "newsletter-exim", "newsletter-sendmail", "newsletter-stopped",
            "queue-left", "mailing-list", "server-daily", "server-others")


def _groups(kinds):
    """Those that count, in groups; then those that do the same as others."""
    counted = [kind for kind in kinds if not kind["alike"]]
    return [
        ("Kinds that thresholds may be chosen after, other hosts than those looked at",
         [kind for kind in counted if not kind["held_out"]]),
        ("Held-out kinds", [kind for kind in counted if kind["held_out"]]),
        ("Kinds that do the same as others, for a gateway: not counted",
         [kind for kind in kinds if kind["alike"]])]


def aims(kinds):
    """What was aimed at, and what came of it; only of kinds that were measured."""
    by_name = {kind["kind"]: kind for kind in kinds}
    found = []

    def within(name, rule, seconds, text):
        if name in by_name:
            kind = by_name[name]
            number = sum(value <= seconds for value in kind["seconds"][rule])
            found.append({"aim": text, "reached": number, "of": kind["hosts"]})
    within("bot-fast", score.SUSPECT, 30, "fast fan-out: suspect within 30 s")
    within("bot-fast", score.EDGE25, 900, "fast fan-out: infected within 15 min")
    within("bot-hammer", score.EDGE25, 900, "hammering one server: infected within 15 min")
    within("bot-slow", score.EDGE25, 3600, "a new server a minute: infected within an hour")
    harmless = [kind for kind in kinds if kind["kind"] in HARMLESS]
    found.append({"aim": "device, client, check or refused queue: not infected",
                  "reached": sum(kind["hosts"] - kind["alarms"][score.EDGE25]
                                 for kind in harmless),
                  "of": sum(kind["hosts"] for kind in harmless)})
    return found


def document(results, speeds, seed):
    """All that was measured."""
    kinds = [{key: value for key, value in result.items() if key != "reports"}
             for result in results]
    rules = [score.EDGE25, score.SUSPECT, *RULES]
    counted = [kind for kind in kinds if not kind["alike"]]
    sums = {"all": counted, "tuning": [kind for kind in counted if not kind["held_out"]],
            "held-out": [kind for kind in counted if kind["held_out"]],
            "refused": [kind for kind in counted if not kind["passed"]],
            "passed": [kind for kind in counted if kind["passed"]]}
    return {"machine": platform.platform(), "seed": seed, "synthetic": True, "kinds": kinds,
            "sums": {name: {rule: score.precision_and_recall(some, rule) for rule in rules}
                     for name, some in sums.items() if some},
            "aims": aims(kinds), "speed": speeds}


def _row(kind):
    seconds, alarms = kind["seconds"], kind["alarms"]
    return COLUMNS.format(kind["kind"], kind["hosts"], *kind["classes"].values(),
                          score.spread(seconds[score.SUSPECT]),
                          score.spread(seconds[score.EDGE25]),
                          *(alarms[rule] for rule in RULES))


def _share(value):
    return "-" if value is None else f"{value:.3f}"


def _table(title, kinds):
    print(f"\n{title}\n")
    print(COLUMNS.format("kind", "hosts", "clean", "misc", "susp", "inf", "to suspect",
                         "to infected", "Zeek", "ntop", "limit"))
    for bot in (False, True):
        some = [kind for kind in kinds if kind["bot"] == bot]
        if some:
            print("- bots" if bot else "- not bots")
        for kind in some:
            print(_row(kind))


def show(document, results, wrong):
    """Everything, and with @wrong each host that was called wrongly."""
    print("Synthetic traffic, invented after descriptions; real networks differ. Hosts called clean,\n"
          "misconfigured, suspect (at the end), infected (ever); time from a host's first try to\n"
          "suspect and infected: median, longest; hosts that the rules of others call.\n"
          f"Seed {document['seed']}.")
    for title, kinds in _groups(document["kinds"]):
        if kinds:
            _table(title, kinds)
    print("\nOver the kinds above, but those that are not counted\n")
    _sums(document)
    print("\nAims\n")
    for aim in document["aims"]:
        print(f"  {aim['aim']:<54}{aim['reached']:>5} of {aim['of']}")
    for number, one in enumerate(document["speed"]):
        if not number:
            print(f"\nSpeed, with details of at most {one['active_bytes']} bytes for each of "
                  "4096 hosts that are active\n")
        print(f"  {one['hosts']:>8} hosts {one['events_per_second']:>10.0f} events/s "
              f"{one['bytes_per_host']:>6.0f} bytes a host, {one['idle_bytes']} of an idle one")
    if wrong:
        _wrong(results)


def _sums(document):
    print(f"{'':<12}" + "".join(f"{rule:>18}" for rule in
                                [score.EDGE25, score.SUSPECT, *RULES]))
    print(f"{'':<12}" + f"{'precision  recall':>18}" * (2 + len(RULES)))
    for name, rules in document["sums"].items():
        cells = (f"{_share(some['precision']):>9} {_share(some['recall']):>8}"
                 for some in rules.values())
        some = rules[score.EDGE25]
        print(f"{name:<12}" + "".join(cells) + f"  {some['bots']} bots, {some['others']} others")


def _wrong(results):
    for result in results:
        for name, report in result["reports"].items():
            if (report["t_first_infected"] is not None) != result["bot"]:
                print(f"{result['kind']} {name}: {report['class']}, {report['attempts']} attempts, "
                      f"{report['destinations']} destinations; {'; '.join(report['reasons'])}")


