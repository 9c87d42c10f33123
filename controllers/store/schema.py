"""The tables of a gateway's store."""

from __future__ import annotations

VERSION = 2
"""Raise it with every change of the tables; a release refuses files of a higher one."""

_OPEN_COMMANDS = """
CREATE TABLE open_commands (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, override TEXT NOT NULL);
"""

SCHEMA = f"""
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('version', {VERSION}), ('dropped', 0), ('expired', 0), ('last_ms', 0);
CREATE TABLE boots (number INTEGER PRIMARY KEY, boot TEXT NOT NULL UNIQUE);
CREATE TABLE outbox (
  number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL,
  qos INTEGER NOT NULL, retain INTEGER NOT NULL, expiry_s INTEGER, kept_ms INTEGER NOT NULL);
CREATE INDEX outbox_kind ON outbox (kind);
CREATE TABLE commands (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, issuer TEXT NOT NULL, seq INTEGER NOT NULL,
  answer BLOB NOT NULL, kept_ms INTEGER NOT NULL);
CREATE TABLE issuers (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE overrides (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
CREATE TABLE documents (
  number INTEGER PRIMARY KEY, document TEXT NOT NULL, version INTEGER NOT NULL, payload BLOB NOT NULL,
  UNIQUE (document, version));
CREATE TABLE decisions (
  number INTEGER PRIMARY KEY, lamp TEXT NOT NULL, t_ms INTEGER NOT NULL, level_pm INTEGER NOT NULL,
  ramp_ms INTEGER NOT NULL, source TEXT NOT NULL, rule TEXT NOT NULL, cause TEXT NOT NULL,
  until_ms INTEGER NOT NULL, program TEXT NOT NULL);
CREATE INDEX decisions_lamp ON decisions (lamp);
{_OPEN_COMMANDS}"""

TABLES = {"meta", "boots", "outbox", "commands", "issuers", "overrides", "documents", "decisions", "open_commands"}

UPGRADES = {1: _OPEN_COMMANDS}
"""What makes a file of a version one of the next."""
