"""Copies a data folder's one ticket over many estates: FOLDER TICKETS ESTATES DEVICES. No gateway may run on it."""
import json
import pathlib
import sqlite3
import sys

folder, tickets, estates, devices = sys.argv[1], *map(int, sys.argv[2:])
path = next(p for p in pathlib.Path(folder).iterdir() if p.suffix in (".db", ".sqlite", ".sqlite3"))
database = sqlite3.connect(path)
database.row_factory = sqlite3.Row
ticket = dict(database.execute("SELECT * FROM tickets WHERE state = 'new' ORDER BY priority LIMIT 1").fetchone())
row = dict(database.execute("SELECT * FROM ticket_list WHERE id = ?", [ticket["id"]]).fetchone())
state = json.loads(database.execute("SELECT json FROM device_states LIMIT 1").fetchone()["json"])
now = ticket["opened"]
for number in range(tickets):
    copy, content = dict(ticket), json.loads(ticket["json"])
    estate = f"e{number % (estates - 1) + 1}"
    content.update(id=f"T-COPY-{number}", estate=estate, place="b1", towards=None)
    copy.update(id=content["id"], estate=estate, place="b1", towards=None, json=json.dumps(content))
    line = dict(row, id=content["id"], estate=estate, place="b1", towards=None)
    for table, values in (("tickets", copy), ("ticket_list", line)):
        marks = ", ".join("?" * len(values))
        database.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))
for estate in range(1, estates):
    for device in range(1, devices + 1):
        state["device"] = f"e{estate}/d{device}"
        database.execute("INSERT INTO device_states VALUES (?, ?)", (state["device"], json.dumps(state)))
database.commit()
