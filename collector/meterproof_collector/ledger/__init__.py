"""The parts of the ledger: what there is to do and when, what a look at some readings tells, what the journal is told.

Where do I go to...

- see when a point's turn comes: `agenda`; what waits, and why: `desk`; what a restart takes up: `taking_up`, `marks`
- see how other processes' arrivals are found: `journal_tail`; how plants are shared out: `partition`
- see which intervals new readings can change: `counting`, with `sight`, `interval_rows` and `point_reader`
- see how a decision is told and withdrawn: `told_events`
- ask how an interval came about: `explain`; whether the books are what the registers say: `recompute`
"""
