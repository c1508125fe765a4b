"""Statements on paper: one JSON value in, one PDF out."""

from meterproof_api.paper.printing import statement_pages_png, statement_pdf

__all__ = ["statement_pages_png", "statement_pdf"]
