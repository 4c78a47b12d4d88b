"""When must the rule of series-rules.yaml raise and clear on the measured series?

A second way to the answer, with nothing of Gatehouse in it: every ten seconds the energy mean of the readings of
the last ten minutes is worked out anew, and a small state machine follows. Prints, for each alarm, the minutes
since 1970 at which it is raised and cleared (0: not cleared).

    python3 night_alarms.py laeq-1min.csv
"""
import csv
import datetime
import math
import sys

ZONE = datetime.timezone(datetime.timedelta(hours=8))
STEP, WINDOW, FOR, CLEAR_FOR = 10, 600, 600, 300
RAISE_ABOVE, CLEAR_BELOW = 47.0, 45.0

with open(sys.argv[1], encoding="utf-8") as file:
    rows = list(csv.reader(file))[1:]
readings = [
    (int(datetime.datetime.fromisoformat(row[0]).replace(tzinfo=ZONE).timestamp()), float(row[1])) for row in rows
]

alarms = []
onset = calm = None
is_active = False
first = 0
behind = 0
for now in range(readings[0][0] // STEP * STEP, readings[-1][0] + 1, STEP):
    while behind < len(readings) and readings[behind][0] <= now:
        behind += 1
    while first < behind and readings[first][0] <= now - WINDOW:
        first += 1
    window = [level for _, level in readings[first:behind]]
    if not window:
        continue
    leq = 10 * math.log10(sum(10 ** (level / 10) for level in window) / len(window))
    hour = datetime.datetime.fromtimestamp(now, ZONE).hour
    holds = leq > RAISE_ABOVE and (hour >= 22 or hour < 6)
    if not is_active:
        onset = (now if onset is None else onset) if holds else None
        if onset is not None and now - onset >= FOR:
            alarms.append([now, 0])
            is_active, onset, calm = True, None, None
    else:
        calm = (now if calm is None else calm) if leq < CLEAR_BELOW else None
        if calm is not None and now - calm >= CLEAR_FOR:
            alarms[-1][1] = now
            is_active = False
for raised, cleared in alarms:
    print(raised // 60, cleared // 60)
