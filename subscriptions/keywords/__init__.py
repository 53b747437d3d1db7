"""Keyword queries: read, explained, matched, found again among a million. No Django in here."""

from subscriptions.keywords.explained import explained
from subscriptions.keywords.grammar import QueryError, parse
from subscriptions.keywords.matching import Document, matches
from subscriptions.keywords.syntax import Node, Program

__all__ = ["Document", "Node", "Program", "QueryError", "explained", "matches", "parse"]
