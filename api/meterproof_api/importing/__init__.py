"""History and hand-kept records from files: checked line by line, shown before anything changes, written whole."""
