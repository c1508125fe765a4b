"""The routes of issued statements: what there is, what each says, and its paper and bundle to take away."""

from fastapi import APIRouter

statement_data = APIRouter()
statement_pages = APIRouter(include_in_schema=False)
