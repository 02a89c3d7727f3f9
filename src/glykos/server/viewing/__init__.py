"""Report pages: choosing a period, showing a Document, handing out files. Knows no report."""
