"""The programme: verified values of current statements added up, each state in its own column."""
