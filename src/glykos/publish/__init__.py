"""Documents to files: HTML, PDF, JSON, CSV."""
