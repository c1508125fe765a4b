"""Issued statements: the shelf that keeps them, and the routes and pages that show them."""
