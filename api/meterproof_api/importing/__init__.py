"""History and hand-kept records from files: read, checked line by line, shown before anything changes, written whole."""
