"""Files that people bring: read, questioned where something is doubtful, stored."""
