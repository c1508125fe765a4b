"""What a message says and what the journal tells of it: pure."""
