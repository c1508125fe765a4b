"""Statements on paper: one JSON value in, one PDF out."""
